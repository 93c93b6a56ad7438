//! Killing the server, and cutting the power under it.
//!
//! Clients push and write down what was acknowledged. The server dies at a moment nobody chose, is
//! started again on what is left, and must show every acknowledged push whole, every acknowledged
//! event once and in order, and nothing that nobody sent (reliability 2.9: I1 to I5, I8, I9, I11).

mod journal;
mod kill;
mod power_cut;
mod server;
mod shadow;
mod wire;
