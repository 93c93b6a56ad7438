//! One TCP connection as hyper reads and writes it, with two things added: deadlines, and files that
//! go from the page cache to the socket without passing through this process.

mod activity;
mod deadlines;
mod page_cache;
mod region;
mod send_queue;
mod stream;

pub(crate) use activity::{Active, Activity};
pub(crate) use region::Region;
pub(crate) use send_queue::{FileSlice, SendQueue};
pub(crate) use stream::{Wire, WireSettings};

#[cfg(test)]
mod tests;
