//! One `SQLite` file: opening it, its schema, its one writer and its readers.

mod connection;
mod database;
mod gauges;
mod readers;
mod schema;
mod transaction;
mod writer;

pub use connection::Synchronous;
pub(crate) use database::{Database, Setup};
pub use gauges::{GROUP_BOUNDS, ReadGauges, WriteGauges};
pub(crate) use schema::{RECORDS, UPLOADS};
pub(crate) use transaction::Transaction;
pub(crate) use writer::After;
