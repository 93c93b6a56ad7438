//! The contract for the engines this crate makes, and what only a file can show.

#![expect(clippy::unwrap_used, reason = "everything here is a test")]

use tempfile::TempDir;
use weir_metadata::suite::HOST;
use weir_metadata::{Engine, Options};

mod concurrency;
mod contract;
mod model;
mod pullable;
mod replay;
mod restart;
mod secrets;
mod stream_images;

fn engine_with(options: impl FnOnce(&mut Options)) -> (Engine, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut set = Options { secret_key: Some([7; 32].into()), ..Options::new(HOST) };
    options(&mut set);
    (Engine::open(dir.path(), set).unwrap(), dir)
}
