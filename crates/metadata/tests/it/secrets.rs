//! What of a secret is on the disk, and who can read it.

use std::fs;

use weir_image_api::Namespace;
use weir_metadata::suite::HOST;
use weir_metadata::suite::fixture::World;
use weir_metadata::suite::objects::secret;
use weir_metadata::{ChangeScope, Engine, Error, Options, Page, SecretKey, Wish};

fn open(dir: &std::path::Path, key: Option<u8>) -> World {
    let secret_key = key.map(|byte| SecretKey::from([byte; 32]));
    World::new(Engine::open(dir, Options { secret_key, ..Options::new(HOST) }).unwrap())
}

fn team() -> Namespace {
    Namespace::parse("team").unwrap()
}

#[tokio::test]
async fn no_value_and_no_annotation_is_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path(), Some(1));
    for value in ["hunter2-first", "hunter2-second"] {
        let rule = move |_| Wish::Write(Box::new(secret(value)));
        world.edit_secret("team", "pull", rule).await.unwrap();
    }
    world.edit_secret("team", "gone", |_| Wish::Write(Box::new(secret("hunter2-third")))).await.unwrap();
    world.edit_secret("team", "gone", |_| Wish::Delete).await.unwrap();
    let before = world.engine.secret_changes(&ChangeScope::default(), 0, 10).unwrap();
    assert_eq!(before.items.len(), 4, "the changes keep all of them");
    world.engine.close().await;
    for file in fs::read_dir(dir.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        // Nor in the form of JSON.
        for trace in [b"hunter2".as_slice(), b"aHVudGVyMi", b"Opaque"] {
            let found = bytes.windows(trace.len()).any(|window| window == trace);
            assert!(!found, "{} in {}", String::from_utf8_lossy(trace), path.display());
        }
    }
}

#[tokio::test]
async fn only_the_key_it_was_encrypted_with_reads_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let world = open(dir.path(), Some(1));
    world.edit_secret("team", "pull", |_| Wish::Write(Box::new(secret("hunter2")))).await.unwrap();
    world.engine.close().await;

    let wrong = open(dir.path(), Some(2));
    let refused = wrong.engine.secret(&team(), "pull").unwrap_err();
    assert!(matches!(refused, Error::WrongSecretKey { .. }), "{refused}");
    assert!(matches!(wrong.engine.secrets(None, &Page::default()), Err(Error::WrongSecretKey { .. })));
    let overwritten = wrong.edit_secret("team", "pull", |_| Wish::Write(Box::new(secret("other")))).await;
    assert!(overwritten.unwrap_err().to_string().contains("was encrypted with key"));
    wrong.engine.close().await;

    let without = open(dir.path(), None);
    assert!(matches!(without.engine.secret(&team(), "pull"), Err(Error::NoSecretKey)));
    let made = without.edit_secret("team", "new", |_| Wish::Write(Box::new(secret("other")))).await;
    assert!(made.unwrap_err().to_string().contains("without a key"));
    assert_eq!(without.engine.secret(&team(), "new").unwrap(), None);
    // A namespace can be deleted all the same.
    without.edit_namespace("team", |_| Wish::Delete).await.unwrap();
    without.engine.close().await;

    let right = open(dir.path(), Some(1));
    assert_eq!(right.engine.secret(&team(), "pull").unwrap(), None);
    let changes = right.engine.secret_changes(&ChangeScope::default(), 0, 10).unwrap();
    let last = changes.items.last().unwrap().before.clone().unwrap();
    assert_eq!(last.data.0["key"], b"hunter2");
    right.engine.close().await;
}
