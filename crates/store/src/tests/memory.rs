use std::sync::Arc;

use object_store::memory::InMemory;
use proptest::prelude::*;
use weir_oci::Algorithm;

use crate::bucket::{Bucket, Reads};
use crate::{Store, suite};

/// Small parts, so that small uploads already go through every state of a large one.
const PART: usize = 100_000;

fn opener(reads: Reads) -> impl AsyncFn() -> Store {
    let objects = Arc::new(InMemory::new());
    async move || Store::over(Bucket::new(objects.clone(), PART, reads))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_keeps_every_promise() {
    suite::run(opener(Reads::Whole)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_read_in_ranges_keeps_every_promise() {
    suite::run(opener(Reads::Ranged)).await;
}

#[tokio::test]
async fn the_default_store_in_memory_works() {
    let store = Store::in_memory();
    suite::an_upload_is_what_can_be_read(&store, suite::noise(9_000_000)).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_frames_give_the_same_object(
        len in 0..400_000_usize,
        requests in prop::collection::vec(prop::collection::vec(any::<usize>(), 0..6), 1..4),
        announced: bool,
        long: bool,
    ) {
        super::disk::in_runtime(async {
            let store = opener(Reads::Ranged)().await;
            super::disk::any_frames(&store, len, &requests, announced, long).await;
        });
    }

    #[test]
    fn a_saved_session_goes_on(len in 0..400_000_usize, cuts in prop::collection::vec(any::<usize>(), 0..5)) {
        super::disk::in_runtime(suite::a_saved_session_goes_on(
            opener(Reads::Whole), suite::noise(len), &cuts,
        ));
    }

    #[test]
    fn a_dropped_request_leaves_a_consistent_session(
        len in 0..900_000_usize, cuts in prop::collection::vec(any::<usize>(), 0..12), drop_after: usize,
    ) {
        super::disk::in_runtime(async {
            let store = opener(Reads::Whole)().await;
            let frames = suite::frames(&suite::noise(len), &cuts);
            suite::a_dropped_request_leaves_a_consistent_session(&store, frames, drop_after).await;
        });
    }
}

#[tokio::test]
async fn a_part_boundary_is_where_a_large_session_goes_on() {
    let open = opener(Reads::Whole);
    let store = open().await;
    let bytes = suite::noise(PART * 3 + 70_000);
    let upload = suite::session(&store, Some(Algorithm::Sha512));
    suite::append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    let saved = upload.lock().await.save().expect("it is open");
    assert_eq!(saved.offset(), 3 * PART as u64, "a tail that is too large for a record is sent again");
    assert_eq!(saved.key(), upload.lock().await.key(), "the record names the final key");
}
