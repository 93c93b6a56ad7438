//! What every engine must do: the contract as tests, for whoever makes engines.
//!
//! `weir_metadata::engine_suite!(open)` makes one test of each case. `open` is an async function
//! without arguments that returns an empty [`Engine`](crate::Engine), reached as
//! [`HOST`] and has a key for secrets, and whatever has to be kept until the test has ended.

pub mod blobs;
pub mod deletes;
pub mod edits;
pub mod feeds;
pub mod fixture;
pub mod history;
pub mod lists;
pub mod objects;
pub mod pushes;
pub mod references;
pub mod referrers;
pub mod removals;
pub mod tags;
pub mod uploads;

/// What a case returns.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Where the engine of a case has to say that it is reached.
pub const HOST: &str = "registry.test:5000";

/// Makes a test of each case of the contract.
#[macro_export]
macro_rules! engine_suite {
    ($open:ident) => {
        $crate::engine_suite! { @ $open =>
            blobs {
                a_linked_blob_is_readable_through_its_repository_only,
                the_first_link_makes_a_repository_and_no_stream,
                of_two_copies_the_first_stays_and_the_second_goes_to_the_trash,
                linking_again_with_the_same_key_changes_nothing,
                a_copy_of_a_damaged_blob_replaces_it_everywhere,
                a_key_in_the_trash_is_never_published,
                a_mount_needs_a_source_that_has_the_blob,
                a_mount_without_a_source_finds_the_blob_anywhere,
                a_mounted_blob_outlives_its_source,
                unlinking_leaves_other_repositories_and_manifests_alone,
            }
            pushes {
                a_push_by_tag_makes_everything_that_follows_from_it,
                the_same_push_again_changes_nothing,
                another_image_goes_on_top_of_the_history,
                an_older_image_pushed_again_is_an_entry_of_its_own,
                a_push_by_digest_is_pullable_and_sets_no_tag,
                several_tags_move_together_or_not_at_all,
                a_condition_is_judged_with_the_push,
                an_image_that_exists_is_left_as_it_is,
                a_tag_reports_the_algorithm_it_was_pushed_with,
                each_repository_has_its_own_type_of_a_manifest,
                a_large_manifest_stays_under_the_key_of_its_first_copy,
                the_feed_knows_a_push_before_the_pusher_does,
            }
            references {
                every_missing_blob_is_named_and_nothing_is_written,
                a_blob_of_another_repository_is_missing_until_it_is_mounted,
                missing_blobs_are_taken_where_the_policy_says_so,
                a_foreign_layer_need_not_be_there,
                a_size_that_is_not_the_blobs_is_refused,
                missing_children_follow_their_policy,
                a_child_of_another_repository_is_missing,
                an_index_of_blobs_is_a_build_cache,
                a_child_of_another_size_is_refused,
                a_damaged_blob_is_missing_until_it_is_pushed_again,
            }
            deletes {
                a_deleted_tag_leaves_the_manifest_and_the_other_tags,
                a_tag_made_again_starts_a_new_history,
                a_tag_is_deleted_only_where_its_caller_thinks_it_is,
                a_deleted_manifest_takes_its_tags_along,
                a_push_brings_a_deleted_manifest_back,
                deleting_an_index_or_a_subject_leaves_what_it_is_about,
                what_is_not_there_cannot_be_deleted,
            }
            history {
                removals_are_entries_of_the_whole_history,
                a_reason_stands_with_the_entry,
                a_timeline_goes_by_time_and_knows_only_manifests,
                the_feed_tells_changes_in_commit_order,
            }
            tags {
                tags_come_in_byte_order_and_pages,
                repositories_come_in_the_order_of_their_spelling,
            }
            referrers {
                manifests_are_listed_under_their_subject,
                referrers_come_in_pages,
                large_annotations_come_a_few_at_a_time,
                a_deleted_referrer_is_not_listed,
            }
            lists {
                a_stream_shows_its_tags_with_their_histories,
                streams_come_in_pages_by_namespace_and_name,
                images_and_namespaces_come_in_pages,
                a_tag_comes_with_its_image,
                tags_of_all_streams_come_in_pages,
                layers_show_the_whole_history_and_the_children,
            }
            edits {
                an_edit_that_changes_nothing_writes_nothing,
                a_stream_is_made_in_one_version_with_all_it_has,
                a_rule_sees_the_present_and_may_refuse,
                a_tag_without_a_name_is_one_like_any_other,
                a_dry_run_leaves_nothing,
                a_sparse_edit_sees_and_writes_its_tags_only,
                status_lists_become_what_is_wanted,
                a_tag_may_have_conditions_and_no_items,
                a_copied_tag_can_be_pulled_where_it_was_copied_to,
                a_large_manifest_is_copied_as_well,
                an_event_whose_image_is_elsewhere_becomes_pullable_with_a_push,
            }
            removals {
                a_deleted_stream_is_gone_at_once,
                history_goes_back_beyond_the_stream,
                an_upload_does_not_bring_a_deleted_repository_back,
                a_namespace_goes_when_nothing_is_left_in_it,
                an_empty_namespace_goes_at_once,
                a_deleted_image_leaves_histories_and_cannot_be_pulled,
            }
            feeds {
                a_stream_is_told_with_what_it_was,
                tags_are_told_where_they_changed,
                other_objects_are_told_with_what_they_were,
                a_scope_leaves_out_the_rest_and_goes_on,
            }
            objects {
                an_image_is_made_and_changed,
                a_namespace_is_made_and_changed,
                secrets_are_kept_and_come_in_pages,
            }
            uploads {
                a_session_is_kept_until_it_is_removed,
                a_finished_session_remembers_its_digest,
                idle_and_old_sessions_expire,
            }
        }
    };
    (@ $open:ident => $($group:ident { $($case:ident,)* })*) => {
        $(mod $group {
            $(#[tokio::test]
            async fn $case() -> $crate::suite::Outcome {
                let (engine, _kept) = super::$open().await;
                $crate::suite::$group::$case(engine).await
            })*
        })*
    };
}
