//! Every read of the hot paths walks an index.

use rusqlite::Connection;
use rusqlite::types::Null;

use crate::sqlite::{RECORDS, Setup, Synchronous, UPLOADS};
use crate::{
    adopt, blobs, changes, history, image_edit, image_ids, images, manifests, names, namespace_edit,
    namespaces, next_changes, object_changes, references, referrers, repositories, revisions, secrets,
    sparse, stream_changes, stream_images, stream_status, stream_tags, stream_views, streams, tag_index,
    tag_past, tags, trash, uploads,
};

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![Null; statement.parameter_count()];
    let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Beginnings of what may look at all that a repository has: it is about all of it, or about
/// manifests that are rare.
const WALKS: &[&str] = &[
    "DELETE FROM ",
    "SELECT (SELECT n.name FROM name n WHERE n.id = e.image) FROM tag t",
    "SELECT b.id, b.digest FROM link l",
    "SELECT count(*) FROM (SELECT 1 FROM tag ",
    "SELECT e.version, e.tag, e.position FROM tag_event e",
    "SELECT f.child FROM revision r",
];

fn check(connection: &Connection, reads: &[&[&str]]) {
    let bounded = |line: &str| line.starts_with("SCAN (subquery");
    let slow = |line: &String| (line.starts_with("SCAN") && !bounded(line)) || line.contains("TEMP B-TREE");
    for sql in reads.iter().copied().flatten() {
        let plan = plan(connection, sql);
        assert!(!plan.is_empty(), "{sql}");
        let walks = plan.iter().any(|line| line.ends_with("(repository=?)"));
        assert!(!walks || WALKS.iter().any(|walk| sql.starts_with(walk)), "{sql}\n{plan:#?}");
        assert!(!plan.iter().any(slow), "{sql}\n{plan:#?}");
    }
}

#[test]
fn no_read_of_the_records_scans_a_table_or_sorts() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::open(&dir.path().join("x"), &RECORDS, Synchronous::Full).unwrap();
    let reads = [
        adopt::READS,
        blobs::READS,
        changes::READS,
        history::READS,
        image_edit::READS,
        image_ids::READS,
        images::READS,
        manifests::READS,
        names::READS,
        namespace_edit::READS,
        namespaces::READS,
        next_changes::READS,
        object_changes::READS,
        references::READS,
        referrers::READS,
        repositories::READS,
        revisions::READS,
        secrets::READS,
        sparse::READS,
        stream_changes::READS,
        stream_images::READS,
        stream_status::READS,
        stream_tags::READS,
        stream_views::READS,
        streams::READS,
        tag_index::READS,
        tag_past::READS,
        tags::READS,
        trash::READS,
    ];
    check(setup.connection(), &reads);
}

#[test]
fn no_read_of_the_upload_sessions_scans_or_sorts() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::open(&dir.path().join("x"), &UPLOADS, Synchronous::Full).unwrap();
    check(setup.connection(), &[uploads::READS]);
}

#[test]
fn the_check_notices_a_scan_and_a_sort() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::open(&dir.path().join("x"), &RECORDS, Synchronous::Full).unwrap();
    let scan = plan(setup.connection(), "SELECT tag FROM tag WHERE generation = ?1");
    assert!(scan[0].starts_with("SCAN"), "{scan:?}");
    let sort = plan(setup.connection(), "SELECT tag FROM tag WHERE repository = ?1 ORDER BY generation");
    assert!(sort.iter().any(|line| line.contains("TEMP B-TREE")), "{sort:?}");
}
