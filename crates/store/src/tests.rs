//! The suite over each engine, and what only one of them can show.

mod disk;
mod faults;
mod memory;
