use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::future::{Either, select};
use object_store::memory::InMemory;
use weir_oci::{Algorithm, Digest};

use crate::bucket::{Bucket, Reads};
use crate::fault::{Call, Fault, Faults, Faulty};
use crate::suite::{self, NOW_MS};
use crate::{AppendError, Error, FinishError, Store, Upload};

const PART: usize = 100_000;

fn faulty(reads: Reads) -> (Store, Faults) {
    let faults = Faults::default();
    let objects = Arc::new(Faulty::new(InMemory::new(), faults.clone()));
    (Store::over(Bucket::new(objects, PART, reads)), faults)
}

// reliability OS-9: after a part has failed, nothing may be completed.
#[tokio::test]
async fn a_failed_part_ends_the_session() {
    for call in [Call::Create, Call::Part] {
        let (store, faults) = faulty(Reads::Whole);
        let bytes = suite::noise(3 * PART);
        let upload = suite::session(&store, None);
        faults.strike(call, Fault::Error(ErrorKind::StorageFull));
        let appended = suite::append(&upload, vec![bytes.clone()]).await;
        assert!(matches!(appended, Err(AppendError::Store(Error::Full { .. }))), "{appended:?}");
        let finished = suite::finish(&upload, &Digest::sha256(&bytes)).await;
        assert!(matches!(finished, Err(FinishError::Store(Error::UploadGone))), "{finished:?}");
    }
}

#[tokio::test]
async fn a_request_dropped_while_a_part_is_stored_can_be_continued() {
    for call in [Call::Create, Call::Part] {
        let (store, faults) = faulty(Reads::Whole);
        let bytes = suite::noise(PART * 2 + 10);
        let upload = suite::session(&store, None);
        faults.strike(call, Fault::Hang);
        {
            let append = pin!(suite::append(&upload, vec![bytes.slice(..PART + 5)]));
            let struck = pin!(async {
                while faults.left() > 0 {
                    tokio::task::yield_now().await;
                }
            });
            let Either::Right(_) = select(append, struck).await else { panic!("the part never returns") };
        }
        assert_eq!(upload.lock().await.offset(), PART as u64 + 5);
        suite::append(&upload, vec![bytes.slice(PART + 5..)]).await.expect("the part is stored again");
        let stored = suite::finish(&upload, &Digest::sha256(&bytes)).await.expect("nothing was torn");
        suite::assert_stored(&store, &stored, &bytes).await;
    }
}

// reliability S3-4: the completion took effect, only its reply was lost.
#[tokio::test]
async fn a_lost_reply_to_the_completion_is_decided_by_what_is_there() {
    let (store, faults) = faulty(Reads::Whole);
    let bytes = suite::noise(2 * PART + 1);
    let complete = async |fault| {
        let upload = suite::session(&store, None);
        suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
        faults.strike(Call::Complete, fault);
        suite::finish(&upload, &Digest::sha256(&bytes)).await
    };
    let stored = complete(Fault::AfterEffect(ErrorKind::TimedOut)).await.expect("the object is there");
    suite::assert_stored(&store, &stored, &bytes).await;
    let failed = complete(Fault::Error(ErrorKind::TimedOut)).await;
    assert!(matches!(failed, Err(FinishError::Store(Error::Io { .. }))), "{failed:?}");
    faults.strike(Call::Head, Fault::Error(ErrorKind::TimedOut));
    let unknown = complete(Fault::AfterEffect(ErrorKind::TimedOut)).await;
    assert!(matches!(unknown, Err(FinishError::Store(Error::Io { .. }))), "{unknown:?}");
}

#[tokio::test]
async fn a_finish_dropped_at_the_completion_ends_the_session() {
    let (store, faults) = faulty(Reads::Whole);
    let bytes = suite::noise(2 * PART);
    let digest = Digest::sha256(&bytes);
    let upload = suite::session(&store, None);
    suite::append(&upload, vec![bytes]).await.expect("the bytes are taken");
    faults.strike(Call::Complete, Fault::Hang);
    {
        let finish = pin!(Upload::finish(upload.clone().lock_owned().await, &digest, NOW_MS));
        let Either::Right(_) = select(finish, std::future::ready(())).await else {
            panic!("the completion never returns")
        };
    }
    assert!(upload.lock().await.is_gone(), "whether the object exists is not known");
}

// reliability OS-10: what reading a shortened object looks like where nothing reports it.
#[tokio::test]
async fn a_read_that_ends_early_is_an_error() {
    for (reads, size) in [(Reads::Ranged, 250_000), (Reads::Whole, 250_000), (Reads::Ranged, 1000)] {
        let (store, faults) = faulty(reads);
        let bytes = suite::noise(size);
        let stored = suite::upload(&store, &bytes).await;
        faults.strike(Call::Get, Fault::Truncate(size as u64 - 1));
        let read = async {
            let content = store.open(&stored.key, stored.size).await?;
            content.into_stream().try_collect::<Vec<_>>().await
        };
        assert!(matches!(read.await, Err(Error::Corrupt { .. })));
        suite::assert_stored(&store, &stored, &bytes).await;
    }
}

#[tokio::test]
async fn a_store_that_fails_to_answer_is_not_a_missing_object() {
    let (store, faults) = faulty(Reads::Ranged);
    let stored = suite::upload(&store, &suite::noise(250_000)).await;
    for call in [Call::Head, Call::Get] {
        faults.strike(call, Fault::Error(ErrorKind::PermissionDenied));
        let read = async { store.open(&stored.key, stored.size).await?.into_bytes().await };
        let read = read.await;
        assert!(matches!(read, Err(Error::Io { .. })), "{read:?}");
    }
    faults.strike(Call::Head, Fault::Error(ErrorKind::ConnectionRefused));
    assert!(store.probe().await.is_err());
    faults.strike(Call::Delete, Fault::Error(ErrorKind::ConnectionRefused));
    assert!(store.delete(&stored.key).await.is_err());
    faults.strike(Call::Put, Fault::Error(ErrorKind::ConnectionRefused));
    assert!(store.put(&Digest::sha256(b"x"), "x".into(), NOW_MS).await.is_err());
    assert_eq!(faults.left(), 0, "every fault has struck");
}

#[tokio::test]
async fn an_unannounced_digest_that_is_wrong_leaves_no_object() {
    let (store, _) = faulty(Reads::Ranged);
    let bytes = suite::noise(3 * PART);
    let upload = suite::session(&store, None);
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    let key = *upload.lock().await.key().expect("buckets choose it first");
    let refused = suite::finish(&upload, &Digest::of(Algorithm::Sha512, b"other")).await;
    assert!(matches!(refused, Err(FinishError::DigestMismatch { .. })), "{refused:?}");
    let opened = store.open(&key, bytes.len() as u64).await;
    assert!(matches!(opened, Err(Error::Missing(_))), "{opened:?}");
}

#[tokio::test]
async fn the_public_faulty_store_fails_as_told() {
    let (store, faults) = Store::in_memory_with_faults();
    faults.strike(Call::Put, Fault::Error(ErrorKind::QuotaExceeded));
    let put = store.put(&Digest::sha256(b"x"), "x".into(), NOW_MS).await;
    assert!(matches!(put, Err(Error::Full { .. })), "{put:?}");
    store.put(&Digest::sha256(b"x"), "x".into(), NOW_MS).await.expect("a fault strikes once");
}
