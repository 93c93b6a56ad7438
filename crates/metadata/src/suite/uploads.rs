//! Upload sessions.

use bytes::Bytes;
use weir_oci::UploadId;

use super::Outcome;
use super::fixture::{Blob, World, stream};
use crate::{Engine, UploadRow, UploadState};

fn session(used_ms: u64, state: &'static [u8]) -> UploadRow {
    UploadRow {
        id: UploadId::random(),
        stream: stream("team/app"),
        identity: "somebody".to_owned(),
        started_ms: 1000,
        since: 7,
        used_ms,
        state: UploadState::Open(Bytes::from_static(state)),
    }
}

/// distribution 71, 73, 88, 89.
pub async fn a_session_is_kept_until_it_is_removed(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let mut row = session(1000, b"at 0");
    assert_eq!(world.engine.upload(row.id)?, None);
    world.engine.save_upload(row.clone()).await?;
    assert_eq!(world.engine.upload(row.id)?, Some(row.clone()));
    row.used_ms = 2000;
    row.state = UploadState::Open(Bytes::from_static(b"at 7"));
    world.engine.save_upload(row.clone()).await?;
    assert_eq!(world.engine.upload(row.id)?, Some(row.clone()));
    assert_eq!(world.engine.open_uploads()?, [row.id]);
    world.engine.remove_upload(row.id).await?;
    assert_eq!(world.engine.upload(row.id)?, None);
    assert_eq!(world.engine.open_uploads()?, []);
    world.engine.remove_upload(row.id).await?;
    Ok(())
}

/// distribution 87.
pub async fn a_finished_session_remembers_its_digest(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let row = session(1000, b"at 7");
    let digest = Blob::of("a").digest;
    world.engine.save_upload(row.clone()).await?;
    world.engine.complete_upload(row.id, digest, 5000).await?;
    let complete = UploadRow { used_ms: 5000, state: UploadState::Complete(digest), ..row };
    assert_eq!(world.engine.upload(complete.id)?, Some(complete));
    assert_eq!(world.engine.open_uploads()?, [], "its staging file may go");
    Ok(())
}

/// distribution 91.
pub async fn idle_and_old_sessions_expire(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let idle = session(2000, b"idle");
    let old = UploadRow { started_ms: 500, ..session(9000, b"old") };
    let fresh = session(9000, b"fresh");
    for row in [&idle, &old, &fresh] {
        world.engine.save_upload(row.clone()).await?;
    }
    let mut expired = world.engine.expired_uploads(2001, 501)?;
    expired.sort_by_key(|row| row.used_ms);
    assert_eq!(expired, [idle, old]);
    assert_eq!(world.engine.expired_uploads(2000, 500)?, []);
    Ok(())
}
