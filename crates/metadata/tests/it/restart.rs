//! What a file keeps.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use weir_metadata::suite::HOST;
use weir_metadata::suite::fixture::{Blob, World, stream};
use weir_metadata::{Engine, Error, Options, Rollback, Synchronous, UploadRow, UploadState};
use weir_oci::{Digest, UploadId};

fn open(dir: &Path) -> Engine {
    Engine::open(dir, Options::new(HOST)).unwrap()
}

// reliability 2.1: dropped without being closed, as at the end of a process.
#[tokio::test]
async fn everything_is_there_after_an_engine_was_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(open(dir.path()));
    let image = world.image("team/app", "a").await.unwrap();
    let outcome = world.push_tag("team/app", "latest", &image).await.unwrap();
    let before = world.engine.image_stream(&stream("team/app")).unwrap();
    drop(world);

    let world = World::new(open(dir.path()));
    assert_eq!(world.version(), outcome.version.0);
    assert_eq!(world.pulls("team/app", "latest").unwrap(), Some(image.digest()));
    assert_eq!(world.engine.image_stream(&stream("team/app")).unwrap(), before);
    let again = world.push_tag("team/app", "other", &image).await.unwrap();
    assert_eq!(again.version.0, outcome.version.0 + 1);
}

const CHILD: &str = "restart::pushes_until_it_is_killed";
const DIR: &str = "WEIR_METADATA_KILL_DIR";
const ACKNOWLEDGED: &str = "acknowledged";

// reliability I3, I9; distribution 205
#[test]
fn what_was_acknowledged_before_a_kill_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--ignored", "--nocapture"])
        .env(DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(rest) = line.strip_prefix(ACKNOWLEDGED) else { continue };
        let mut words = rest.split_whitespace();
        let version: u64 = words.next().unwrap().parse().unwrap();
        let digest: Digest = words.next().unwrap().parse().unwrap();
        acknowledged.push((version, digest));
        if acknowledged.len() == 50 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= 50, "{} pushes", acknowledged.len());

    let engine = open(dir.path());
    let history = engine.tag_history(&stream("team/app"), "latest", None, usize::MAX).unwrap();
    let mut kept: Vec<(u64, Digest)> =
        history.iter().map(|entry| (entry.version.0, entry.event.image.parse().unwrap())).collect();
    kept.reverse();
    assert_eq!(kept[..acknowledged.len()], acknowledged);
    assert!(kept.len() <= acknowledged.len() + 1, "at most one was under way");
    for (_, digest) in &kept {
        let reference = weir_oci::Reference::Digest(*digest);
        assert!(engine.manifest(&stream("team/app"), &reference).unwrap().is_some());
    }
    assert!(*engine.subscribe().borrow() >= kept.last().unwrap().0);
}

#[tokio::test]
#[ignore = "the test above runs it in a process of its own"]
async fn pushes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let world = World::new(open(Path::new(&dir)));
    for number in 0..100_000 {
        let image = world.image("team/app", &number.to_string()).await.unwrap();
        let outcome = world.push_tag("team/app", "latest", &image).await.unwrap();
        println!("{ACKNOWLEDGED} {} {}", outcome.version.0, image.digest());
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("weir.sqlite") {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

// reliability 125, 126, 126a, I8; kubernetes-api 53
#[tokio::test]
async fn a_database_that_went_back_in_time_is_refused_until_that_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let world = World::new(open(dir.path()));
    let image = world.image("team/app", "a").await.unwrap();
    let kept = world.push_tag("team/app", "kept", &image).await.unwrap();
    world.engine.close().await;
    copy(dir.path(), backup.path());

    let world = World::new(open(dir.path()));
    let lost = world.push_tag("team/app", "lost", &image).await.unwrap();
    world.engine.close().await;
    copy(backup.path(), dir.path());

    let refused = Engine::open(dir.path(), Options::new(HOST)).unwrap_err();
    match refused {
        Error::BehindWatermark { database, acknowledged } => {
            assert_eq!((database, acknowledged), (kept.version.0, lost.version.0));
        }
        other => panic!("{other}"),
    }
    let now_ms = 1_800_000_000_000;
    let options = Options { rollback: Rollback::Accept { now_ms }, ..Options::new(HOST) };
    let world = World::new(Engine::open(dir.path(), options).unwrap());
    assert_eq!(world.tags("team/app").unwrap(), Some(vec!["kept".to_owned()]));
    let next = world.push_tag("team/app", "next", &image).await.unwrap();
    assert_eq!(next.version.0, now_ms + 1, "beyond anything that may have been seen");
    let missed = world.engine.changes_after(kept.version.0, 10);
    assert!(matches!(missed, Err(Error::Compacted { oldest }) if oldest == now_ms), "{missed:?}");
    assert_eq!(world.engine.changes_after(now_ms, 10).unwrap().len(), 1);
    world.engine.close().await;
    drop(open(dir.path()));
}

// image-api 32: own pull specs are stored without a host.
#[tokio::test]
async fn a_new_host_name_reaches_what_was_pushed_under_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(open(dir.path()));
    let image = world.image("team/app", "a").await.unwrap();
    world.push_tag("team/app", "latest", &image).await.unwrap();
    world.engine.close().await;

    let options = Options { public_host: Some("public.test".to_owned()), ..Options::new("new.test") };
    let engine = Engine::open(dir.path(), options).unwrap();
    let shown = engine.image_stream(&stream("team/app")).unwrap().unwrap();
    assert_eq!(shown.status.docker_image_repository, "new.test/team/app");
    assert_eq!(shown.status.public_docker_image_repository, "public.test/team/app");
    let wanted = format!("new.test/team/app@{}", image.digest());
    assert_eq!(shown.status.tag("latest").unwrap().items[0].docker_image_reference, wanted);
    let record = engine.image(&image.digest().to_string()).unwrap().unwrap();
    assert_eq!(record.docker_image_reference, wanted);
}

// distribution 88
#[tokio::test]
async fn an_upload_session_outlives_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let row = UploadRow {
        id: UploadId::random(),
        stream: stream("team/app"),
        identity: "somebody".to_owned(),
        started_ms: 1,
        since: 0,
        used_ms: 2,
        state: UploadState::Open(b"at 7".as_slice().into()),
    };
    let engine = open(dir.path());
    engine.save_upload(row.clone()).await.unwrap();
    drop(engine);
    assert_eq!(open(dir.path()).upload(row.id).unwrap(), Some(row));
}

#[tokio::test]
async fn a_closed_engine_writes_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(open(dir.path()));
    world.link("team/app", &Blob::of("a")).await.unwrap();
    world.engine.close().await;
    world.engine.close().await;
    let refused = world.link("team/app", &Blob::of("b")).await.unwrap_err();
    assert!(matches!(refused.downcast_ref(), Some(Error::Closed)), "{refused}");
    let wal = fs::metadata(dir.path().join("weir.sqlite-wal")).map_or(0, |wal| wal.len());
    assert_eq!(wal, 0, "the log is copied back");
}

// The negative control of the power-cut tests: that it can be had at all.
#[tokio::test]
async fn an_engine_that_does_not_flush_works_the_same() {
    let (engine, _dir) = crate::engine_with(|options| options.synchronous = Synchronous::Normal);
    let world = World::new(engine);
    let image = world.image("team/app", "a").await.unwrap();
    world.push_tag("team/app", "latest", &image).await.unwrap();
    assert_eq!(world.pulls("team/app", "latest").unwrap(), Some(image.digest()));
}
