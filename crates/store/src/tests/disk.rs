use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::TryStreamExt;
use proptest::prelude::*;
use tempfile::TempDir;
use weir_oci::{Algorithm, Digest, UploadId};

use crate::boot::BootId;
use crate::suite::{self, NOW_MS};
use crate::{AppendError, Content, Error, FinishError, LocalOptions, ObjectKey, Store, Upload};

pub(super) fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Few, so that work that waits for other work would be found waiting for ever.
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    runtime.block_on(work)
}

pub(super) async fn any_frames(
    store: &Store,
    len: usize,
    requests: &[Vec<usize>],
    announced: bool,
    long: bool,
) {
    let whole = suite::noise(len);
    let count = requests.len();
    let requests = requests
        .iter()
        .enumerate()
        .map(|(at, cuts)| suite::frames(&whole.slice(len * at / count..len * (at + 1) / count), cuts));
    let announced = announced.then_some(Algorithm::Sha512);
    let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
    suite::any_frames_give_the_same_object(store, requests.collect(), announced, algorithm).await;
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

async fn open(root: &Path) -> Store {
    Store::open_local(root, LocalOptions::default()).await.expect("the folder is free and usable")
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let entry = entry.expect("it is readable");
        let name = entry.file_name().into_string().expect("names are text");
        if entry.file_type().expect("it is there").is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_folder_keeps_every_promise() {
    let root = folder();
    suite::run(async || open(root.path()).await).await;
    assert!(files(&root.path().join("uploads")).iter().all(|name| UploadId::parse(name).is_ok()));
}

const CASES: u32 = 24;

#[test]
fn any_frames_give_the_same_object() {
    let root = folder();
    let requests = prop::collection::vec(prop::collection::vec(any::<usize>(), 0..6), 1..4);
    proptest!(ProptestConfig::with_cases(CASES), |(
        len in 0..1_500_000_usize, requests in requests, announced: bool, long: bool,
    )| {
        in_runtime(async { any_frames(&open(root.path()).await, len, &requests, announced, long).await });
    });
}

#[test]
fn a_saved_session_goes_on() {
    let root = folder();
    let cuts = prop::collection::vec(any::<usize>(), 0..4);
    proptest!(ProptestConfig::with_cases(CASES), |(len in 0..400_000_usize, cuts in cuts)| {
        in_runtime(suite::a_saved_session_goes_on(
            async || open(root.path()).await, suite::noise(len), &cuts,
        ));
    });
}

#[test]
fn a_dropped_request_leaves_a_consistent_session() {
    let root = folder();
    let cuts = prop::collection::vec(any::<usize>(), 0..12);
    proptest!(ProptestConfig::with_cases(CASES), |(
        len in 0..3_000_000_usize, cuts in cuts, drop_after: usize,
    )| {
        in_runtime(async {
            let store = open(root.path()).await;
            let frames = suite::frames(&suite::noise(len), &cuts);
            suite::a_dropped_request_leaves_a_consistent_session(&store, frames, drop_after).await;
        });
    });
}

#[tokio::test]
async fn a_person_finds_a_blob_by_its_digest() {
    let root = folder();
    let store = open(root.path()).await;
    let bytes = suite::noise(100);
    let digest = Digest::sha256(&bytes);
    let stored = suite::upload(&store, &bytes).await;
    let hex = digest.hex();
    assert!(stored.key.to_string().starts_with(&format!("blobs/sha256/{}/{hex}-", &hex[..2])));
    assert_eq!(fs::read(root.path().join(stored.key.to_string())).expect("it is there"), bytes);
    assert_eq!(files(root.path()), [stored.key.to_string(), "lock".to_owned()], "and nothing else is left");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&root.path().join("blobs")), 0o700);
    assert_eq!(mode(&root.path().join(stored.key.to_string())), 0o600);
}

#[tokio::test]
async fn a_small_upload_makes_no_staging_file_and_a_large_one_removes_its_own() {
    let root = folder();
    let store = open(root.path()).await;
    let uploads = root.path().join("uploads");
    let upload = suite::session(&store, None);
    let bytes = suite::noise(65_536);
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    assert_eq!(files(&uploads), Vec::<String>::new());
    suite::append(&upload, vec![Bytes::from_static(b"x")]).await.expect("the byte is taken");
    assert_eq!(files(&uploads).len(), 1);
    let whole = [&bytes[..], b"x"].concat();
    suite::finish(&upload, &Digest::sha256(&whole)).await.expect("the digest is right");
    assert_eq!(files(&uploads), Vec::<String>::new());
}

#[tokio::test]
async fn a_second_opener_is_told_who_has_the_folder() {
    let root = folder();
    let store = open(root.path()).await;
    let refused = Store::open_local(root.path(), LocalOptions::default()).await;
    let Err(error @ Error::Locked { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains(&format!("in use by process {}", std::process::id())), "{error}");
    drop(store);
    open(root.path()).await;
}

#[tokio::test]
async fn unusable_folders_are_refused_with_the_reason() {
    let root = folder();
    let file = root.path().join("file");
    fs::write(&file, "x").expect("the folder is writable");
    let blocked = root.path().join("blocked");
    fs::create_dir_all(&blocked).expect("the folder is writable");
    symlink("/tmp", blocked.join("uploads")).expect("the folder is writable");
    for (path, reason) in [
        (file.clone(), "not a directory"),
        (file.join("below"), "not a directory"),
        ("/proc/weir/data".into(), "cannot be created"),
        ("/proc/self".into(), "not writable"),
        (blocked, "not writable: not a directory"),
    ] {
        let refused = Store::open_local(&path, LocalOptions::default()).await;
        let Err(error @ Error::Unusable { .. }) = refused else { panic!("{}: {refused:?}", path.display()) };
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn missing_folders_above_the_root_are_made() {
    let root = folder();
    let deep = root.path().join("a/b");
    let store = open(&deep).await;
    let stored = suite::upload(&store, &suite::noise(10)).await;
    assert!(deep.join(stored.key.to_string()).is_file());
    assert!(store.free_bytes().is_some_and(|free| free > 0));
}

/// A session with bytes in a staging file, saved, and its store gone.
async fn saved_with_staging(root: &Path, bytes: &Bytes) -> crate::SavedUpload {
    let store = open(root).await;
    let upload = suite::session(&store, None);
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    upload.lock().await.save().expect("it is open")
}

#[tokio::test]
async fn a_session_without_its_staging_file_is_gone() {
    let root = folder();
    let bytes = suite::noise(200_000);
    let shorten = |path: &Path| fs::OpenOptions::new().write(true).open(path)?.set_len(199_999);
    let remove = |path: &Path| fs::remove_file(path);
    let damages: [fn(&Path) -> std::io::Result<()>; 2] = [remove, shorten];
    for damage in damages {
        let saved = saved_with_staging(root.path(), &bytes).await;
        damage(&root.path().join("uploads").join(saved.id().to_string())).expect("it was there");
        let store = open(root.path()).await;
        let resumed = store.resume(&saved).await;
        assert!(matches!(resumed, Err(Error::UploadGone)), "{resumed:?}");
    }
}

#[tokio::test]
async fn bytes_beyond_the_saved_offset_are_cut_off() {
    let root = folder();
    let bytes = suite::noise(200_000);
    let saved = saved_with_staging(root.path(), &bytes).await;
    let path = root.path().join("uploads").join(saved.id().to_string());
    let longer = [&bytes[..], b"written after the session was saved"].concat();
    fs::write(&path, longer).expect("it is writable");
    let store = open(root.path()).await;
    let upload = store.resume(&saved).await.expect("the bytes are there");
    let upload = std::sync::Arc::new(tokio::sync::Mutex::new(upload));
    let stored = suite::finish(&upload, &Digest::sha256(&bytes)).await.expect("only the saved bytes count");
    suite::assert_stored(&store, &stored, &bytes).await;
}

#[tokio::test]
async fn after_a_restart_of_the_machine_only_flushed_bytes_are_trusted() {
    let root = folder();
    let bytes = suite::noise(200_000);
    let unflushed = saved_with_staging(root.path(), &bytes).await.in_boot(BootId::other(), 0);
    let half = unflushed.clone().in_boot(BootId::other(), 100_000);
    let store = open(root.path()).await;
    assert!(matches!(store.resume(&unflushed).await, Err(Error::UploadGone)));
    let upload = store.resume(&half).await.expect("half of it was flushed");
    assert_eq!(upload.offset(), 100_000);
    let upload = std::sync::Arc::new(tokio::sync::Mutex::new(upload));
    suite::append(&upload, vec![bytes.slice(100_000..)]).await.expect("the bytes are taken");
    let stored = suite::finish(&upload, &Digest::sha256(&bytes)).await.expect("the hashes were made anew");
    suite::assert_stored(&store, &stored, &bytes).await;
}

#[tokio::test]
async fn damaged_hashes_are_made_anew() {
    let root = folder();
    let bytes = suite::noise(200_000);
    let saved = saved_with_staging(root.path(), &bytes).await.without_hashes();
    let store = open(root.path()).await;
    let upload = store.resume(&saved).await.expect("the bytes are there");
    let upload = std::sync::Arc::new(tokio::sync::Mutex::new(upload));
    let stored = suite::finish(&upload, &Digest::sha256(&bytes)).await.expect("the digest is right");
    suite::assert_stored(&store, &stored, &bytes).await;
}

// reliability I16: a reader never gets a complete body that is not what was recorded.
#[tokio::test]
async fn a_truncated_object_is_an_error_and_never_padded() {
    let root = folder();
    let bytes = suite::noise(2_000_000);
    let store = open(root.path()).await;
    let stored = suite::upload(&store, &bytes).await;
    let path = root.path().join(stored.key.to_string());
    let opened = store.open(&stored.key, stored.size).await.expect("it is whole");
    let shorten = |len| fs::OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(len));
    shorten(1_000_000).expect("it is writable");
    let Content::File(range) = &opened else { panic!("large objects are files: {opened:?}") };
    assert_eq!((range.offset(), range.len()), (0, stored.size));
    let mut chunks = opened.clone().into_stream();
    let mut got = Vec::new();
    let error = loop {
        match chunks.try_next().await {
            Ok(Some(chunk)) => got.extend_from_slice(&chunk),
            Ok(None) => panic!("a clean end after {} bytes", got.len()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Corrupt { found: 1_000_000, .. }), "{error:?}");
    assert!(bytes.starts_with(&got), "what came was right");
    assert!(matches!(chunks.try_next().await, Ok(None)), "after an error comes nothing");
    assert!(matches!(opened.into_bytes().await, Err(Error::Corrupt { .. })));
    drop(store);
    let opened = open(root.path()).await.open(&stored.key, stored.size).await;
    assert!(matches!(opened, Err(Error::Corrupt { found: 1_000_000, .. })), "{opened:?}");
}

#[tokio::test]
async fn a_link_in_the_place_of_an_object_is_not_followed() {
    let root = folder();
    let store = open(root.path()).await;
    let stored = suite::upload(&store, &suite::noise(70_000)).await;
    let path = root.path().join(stored.key.to_string());
    let elsewhere = root.path().join("elsewhere");
    fs::rename(&path, &elsewhere).expect("it is there");
    symlink(&elsewhere, &path).expect("the name is free");
    let opened = store.open(&stored.key, stored.size).await;
    assert!(matches!(opened, Err(Error::Io { .. })), "{opened:?}");
}

#[tokio::test]
async fn small_objects_are_read_from_disk_once() {
    let root = folder();
    let stored = suite::upload(&open(root.path()).await, &suite::noise(500)).await;
    let store = open(root.path()).await;
    for hits in 0..3 {
        store.open(&stored.key, stored.size).await.expect("it is there");
        assert_eq!(store.stats().hot_hits, hits);
    }
    assert_eq!(store.stats().of(crate::Operation::Open).count, 1);
    store.delete(&stored.key).await.expect("it is deleted");
    assert_eq!(store.stats().hot_bytes, 0);
}

#[tokio::test]
async fn leftovers_are_swept_and_live_sessions_are_not() {
    let root = folder();
    let bytes = suite::noise(100_000);
    let kept = saved_with_staging(root.path(), &bytes).await;
    let orphan = saved_with_staging(root.path(), &bytes).await;
    let store = open(root.path()).await;
    let running = suite::session(&store, None);
    suite::append(&running, vec![bytes.clone()]).await.expect("the bytes are taken");
    let stored = suite::upload(&store, &bytes).await;
    let object = root.path().join(stored.key.to_string());
    let leftover = |suffix: &str, hours_ago: u64| {
        let path =
            object.with_file_name(format!("{}{suffix}", object.file_name().expect("a name").display()));
        let file = fs::File::create(&path).expect("the folder is writable");
        let when = UNIX_EPOCH + Duration::from_millis(NOW_MS) - Duration::from_hours(hours_ago);
        file.set_modified(when).expect("it is ours");
        path
    };
    let old = leftover("#1", 25);
    let young = leftover("#2", 23);
    let foreign = leftover("#x", 25);
    let keep = kept.id();
    let removed = store.sweep_staging(NOW_MS, move |id| *id == keep).await.expect("the folder is readable");
    assert_eq!(removed, 2);
    let there = |path: &Path| path.try_exists().expect("the folder is readable");
    let staging = |id: UploadId| root.path().join("uploads").join(id.to_string());
    assert!(!there(&old) && there(&young) && there(&foreign) && there(&object));
    assert!(there(&staging(kept.id())) && !there(&staging(orphan.id())));
    let running_id = running.lock().await.id();
    assert!(there(&staging(running_id)), "a session in use is not an orphan");
    drop(running);
    store.sweep_staging(NOW_MS, |_| false).await.expect("the folder is readable");
    assert!(!there(&staging(running_id)) && !there(&staging(kept.id())));
}

#[tokio::test]
async fn a_saved_session_can_be_discarded_without_taking_it_up() {
    let root = folder();
    let saved = saved_with_staging(root.path(), &suite::noise(100_000)).await.in_boot(BootId::other(), 0);
    let store = open(root.path()).await;
    store.discard(&saved).await.expect("the file is removable");
    assert_eq!(files(&root.path().join("uploads")), Vec::<String>::new());
    store.discard(&saved).await.expect("it is gone already");
}

// reliability 2.2: after a failed flush the bytes are lost, and a later flush must not be believed.
#[tokio::test]
async fn a_failed_flush_ends_the_session_and_removes_its_file() {
    let root = folder();
    let store = open(root.path()).await;
    let bytes = suite::noise(100_000);
    let upload = suite::session(&store, None);
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    upload.lock().await.fail_write_back();
    let finished = suite::finish(&upload, &Digest::sha256(&bytes)).await;
    assert!(matches!(finished, Err(FinishError::Store(Error::Io { .. }))), "{finished:?}");
    let again = suite::finish(&upload, &Digest::sha256(&bytes)).await;
    assert!(matches!(again, Err(FinishError::Store(Error::UploadGone))), "{again:?}");
    assert_eq!(files(root.path()), ["lock"]);

    let upload = suite::session(&store, None);
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    upload.lock().await.fail_write_back();
    let appended = suite::append(&upload, vec![bytes]).await;
    assert!(matches!(appended, Err(AppendError::Store(Error::Io { .. }))), "{appended:?}");
    assert!(upload.lock().await.is_gone());
    assert_eq!(files(root.path()), ["lock"]);
}

// reliability 2.5: the durable offset moves when a flush has succeeded, and not before.
#[test]
fn a_long_upload_is_flushed_while_it_grows() {
    let root = folder();
    in_runtime(async {
        let store = open(root.path()).await;
        let bytes = suite::noise(20_000_000);
        let upload = suite::session(&store, None);
        suite::append(&upload, vec![bytes.slice(..5_000_000)]).await.expect("the bytes are taken");
        let durable = async || {
            // There is one blocking thread: what was asked of it before this is done after it.
            tokio::task::spawn_blocking(|| ()).await.expect("nothing panics");
            upload.lock().await.save().expect("it is open").durable_offset()
        };
        assert_eq!(durable().await, 0);
        suite::append(&upload, vec![bytes.slice(5_000_000..10_000_000)]).await.expect("they are taken");
        assert_eq!(durable().await, 10_000_000);
        suite::append(&upload, vec![bytes.slice(10_000_000..)]).await.expect("the bytes are taken");
        let stored = suite::finish(&upload, &Digest::sha256(&bytes)).await.expect("the digest is right");
        suite::assert_stored(&store, &stored, &bytes).await;
        assert!(store.stats().of(crate::Operation::WriteBack).count > 0);
    });
}

#[tokio::test]
async fn a_finish_that_is_dropped_still_leaves_no_staging_file() {
    let root = folder();
    let store = open(root.path()).await;
    let bytes = suite::noise(300_000);
    let upload = suite::session(&store, None);
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    let guard = upload.clone().lock_owned().await;
    let digest = Digest::sha256(&bytes);
    {
        let finish = std::pin::pin!(Upload::finish(guard, &digest, NOW_MS));
        let polled = futures_util::future::select(finish, std::future::ready(())).await;
        drop(polled);
    }
    assert!(upload.lock().await.is_gone(), "the lock comes free when the work is done");
    assert_eq!(files(&root.path().join("uploads")), Vec::<String>::new());
    assert_eq!(files(&root.path().join("blobs")).len(), 1, "an object that nobody names yet");
}

/// A file system of two megabytes for as long as it lives.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let at = folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m,nr_inodes=4k", "weir-test"])
            .arg(at.path())
            .output()
            .is_ok_and(|done| done.status.success());
        mounted.then_some(SmallDisk(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

// reliability 2.7: a full disk is told apart, frees what was staged, and leaves reads working.
#[tokio::test]
async fn a_full_disk_ends_the_upload_and_nothing_else() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: a_full_disk_ends_the_upload_and_nothing_else (cannot mount a tmpfs)");
        return;
    };
    let store = open(disk.0.path()).await;
    let before = suite::noise(100_000);
    let stored = suite::upload(&store, &before).await;
    let upload = suite::session(&store, None);
    let appended = suite::append(&upload, vec![suite::noise(3_000_000)]).await;
    assert!(matches!(appended, Err(AppendError::Store(Error::Full { .. }))), "{appended:?}");
    assert!(upload.lock().await.is_gone());
    assert_eq!(files(&disk.0.path().join("uploads")), Vec::<String>::new(), "its space is free again");
    let put = store.put(&Digest::sha256(b""), suite::noise(3_000_000), NOW_MS).await;
    assert!(matches!(put, Err(Error::Full { .. })), "{put:?}");
    suite::assert_stored(&store, &stored, &before).await;
    suite::an_upload_is_what_can_be_read(&store, suite::noise(500_000)).await;
    store.delete(&ObjectKey::fresh(Some(Digest::sha256(b"")), 0)).await.expect("deleting needs no space");
}
