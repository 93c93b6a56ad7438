//! Watches over a log made by hand, whose every version can be read back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::watch::{self, Receiver};
use weir_image_api::meta::IncludeObject;
use weir_image_api::{ImageStream, NamedTagEventList, Namespace, ResourceVersion, TagEvent, Timestamp};
use weir_registry::view::{ChangeScope, Listed, Page, ViewError};

use super::ring::Ring;
use super::*;
use crate::form::Form;
use crate::payload::Events;
use crate::query::Query;
use crate::record::Record;
use crate::resources::CATALOGUE;
use crate::selector::{FieldSelector, LabelSelector};

type Key = (String, String);

/// Everything that ever happened, newest last.
#[derive(Debug, Default)]
struct Book {
    entries: Vec<(u64, Key, Option<ImageStream>)>,
    compacted: u64,
}

#[derive(Clone, Debug)]
struct Shelf {
    book: Arc<Mutex<Book>>,
    feed: Arc<watch::Sender<u64>>,
}

impl Shelf {
    fn new() -> Shelf {
        Shelf { book: Arc::default(), feed: Arc::new(watch::channel(0).0) }
    }

    /// Writes a stream with a label, or removes it.
    fn put(&self, key: &str, label: Option<&str>) -> u64 {
        let (namespace, name) = key.split_once('/').unwrap();
        let version = *self.feed.borrow() + 1;
        let object = label.map(|label| {
            let mut stream = ImageStream::default();
            stream.metadata.namespace = namespace.to_owned();
            stream.metadata.name = name.to_owned();
            stream.metadata.resource_version = Some(ResourceVersion(version));
            stream.metadata.labels.insert("l".to_owned(), label.to_owned());
            stream
        });
        self.book.lock().unwrap().entries.push((version, (namespace.to_owned(), name.to_owned()), object));
        self.feed.send_replace(version);
        version
    }

    /// Writes a stream with a tag that was moved then.
    fn tag(&self, key: &str, then: i64) {
        self.put(key, Some("x"));
        let mut book = self.book.lock().unwrap();
        let stream = book.entries.last_mut().unwrap().2.as_mut().unwrap();
        let event = TagEvent { created: Timestamp::from_seconds(then), ..TagEvent::default() };
        stream.status.tags =
            vec![NamedTagEventList { tag: "t".to_owned(), items: vec![event], ..Default::default() }];
    }

    fn compact(&self, version: u64) {
        self.book.lock().unwrap().compacted = version;
    }

    fn state(&self, version: u64) -> BTreeMap<Key, ImageStream> {
        let book = self.book.lock().unwrap();
        let mut state = BTreeMap::new();
        for (_, key, object) in book.entries.iter().take_while(|(at, ..)| *at <= version) {
            match object {
                Some(object) => state.insert(key.clone(), object.clone()),
                None => state.remove(key),
            };
        }
        state
    }

    fn watch(&self, query: &str, namespace: Option<&str>) -> Result<Events, String> {
        self.watch_with(query, namespace, &Arc::default())
    }

    fn watch_with(&self, query: &str, namespace: Option<&str>, ring: &Arc<Ring>) -> Result<Events, String> {
        self.open(Form::Object, query, namespace, ring)
    }

    fn watch_as(&self, form: Form, query: &str) -> Result<Events, String> {
        self.open(form, query, None, &Arc::default())
    }

    fn open(
        &self,
        form: Form,
        query: &str,
        namespace: Option<&str>,
        ring: &Arc<Ring>,
    ) -> Result<Events, String> {
        let query = Query::parse(query);
        let resource = CATALOGUE
            .iter()
            .flat_map(|group| group.resources.iter())
            .find(|resource| resource.plural == "imagestreams")
            .unwrap();
        let selection = Selection {
            namespace: namespace.map(str::to_owned),
            labels: LabelSelector::parse(query.get("labelSelector").unwrap_or_default()).unwrap(),
            fields: FieldSelector::parse(query.get("fieldSelector").unwrap_or_default()).unwrap(),
        };
        let now = Timestamp::from_seconds(0);
        Watching::new(
            resource,
            Box::new(self.clone()),
            Arc::clone(ring),
            selection,
            &query,
            (form, IncludeObject::default(), now),
        )
        .and_then(open)
        .map_err(|failure| format!("{} {failure}", failure.code().as_u16()))
    }
}

impl Log for Shelf {
    fn subscribe(&self) -> Receiver<u64> {
        self.feed.subscribe()
    }

    fn load(&self, scope: &ChangeScope, after: u64, limit: usize) -> Result<Loaded, ViewError> {
        let book = self.book.lock().unwrap();
        if after < book.compacted {
            return Err(ViewError::Expired { oldest: book.compacted });
        }
        let mut changes = Vec::new();
        let mut upto = *self.feed.borrow();
        let mut before: BTreeMap<&Key, &ImageStream> = BTreeMap::new();
        for (version, key, object) in &book.entries {
            let previous = before.get(key).copied();
            match object {
                Some(object) => before.insert(key, object),
                None => before.remove(key),
            };
            let reached = scope.namespace.as_ref().is_none_or(|namespace| *namespace == key.0)
                && scope.name.as_ref().is_none_or(|name| *name == key.1);
            if *version <= after || !reached || (previous.is_none() && object.is_none()) {
                continue;
            }
            if changes.len() == limit {
                upto = version - 1;
                break;
            }
            let previous = previous.cloned().map(|mut object| {
                object.metadata.resource_version = Some(ResourceVersion(*version));
                Box::new(object) as Box<dyn Record>
            });
            let object = object.clone().map(|object| Box::new(object) as Box<dyn Record>);
            changes.push(Arc::new(event::Change::new(*version, previous, object)));
        }
        Ok(Loaded { changes, upto })
    }

    fn list(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<Box<dyn Record>>, ViewError> {
        let version = *self.feed.borrow();
        let mut items: Vec<(Key, ImageStream)> = self
            .state(version)
            .into_iter()
            .filter(|(key, _)| namespace.is_none_or(|namespace| namespace.as_str() == key.0))
            .filter(|(key, _)| page.after.as_ref().is_none_or(|after| key > after))
            .collect();
        let limit = page.limit.unwrap_or(usize::MAX);
        let next = (items.len() > limit).then(|| items[limit - 1].0.clone());
        items.truncate(limit);
        let items = items.into_iter().map(|(_, object)| Box::new(object) as Box<dyn Record>).collect();
        Ok(Listed { items, version: ResourceVersion(version), next, remaining: None })
    }
}

/// One line of a watch: word, name, label, version.
type Line = (String, String, String, u64);

fn lines(piece: &[u8]) -> Vec<Line> {
    let text = std::str::from_utf8(piece).unwrap();
    assert!(text.ends_with('\n'), "each frame is a whole line");
    text.lines()
        .map(|line| {
            let frame: Value = serde_json::from_str(line).unwrap();
            let object = &frame["object"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let mut label = text(&object["metadata"]["labels"]["l"]);
            if object["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true" {
                "end".clone_into(&mut label);
            }
            if frame["type"] == "ERROR" {
                label = text(&object["reason"]);
            }
            let version = object["metadata"]["resourceVersion"].as_str().map_or(0, |v| v.parse().unwrap());
            (text(&frame["type"]), text(&object["metadata"]["name"]), label, version)
        })
        .collect()
}

/// Reads as many lines as are said to come.
async fn read(events: &mut Events, count: usize) -> Vec<Line> {
    let mut read = Vec::new();
    while read.len() < count {
        let piece = events.next().await.expect("the watch goes on");
        read.extend(lines(&piece));
    }
    assert_eq!(read.len(), count, "{read:?}");
    read
}

fn line(word: &str, name: &str, label: &str, version: u64) -> Line {
    (word.to_owned(), name.to_owned(), label.to_owned(), version)
}

// kubernetes-api 97, 98
#[tokio::test(start_paused = true)]
async fn without_a_version_there_is_the_state_and_then_what_happens() {
    let shelf = Shelf::new();
    shelf.put("n/a", Some("x"));
    shelf.put("n/b", Some("x"));
    shelf.put("n/a", Some("y"));
    let mut events = shelf.watch("", Some("n")).unwrap();
    assert_eq!(read(&mut events, 2).await, [line("ADDED", "a", "y", 3), line("ADDED", "b", "x", 2)]);
    shelf.put("n/b", None);
    shelf.put("other/b", Some("x"));
    shelf.put("n/c", Some("x"));
    let expected = [line("DELETED", "b", "x", 4), line("ADDED", "c", "x", 6)];
    assert_eq!(read(&mut events, 2).await, expected, "the last state under the version of the deletion");

    let mut late = shelf.watch("resourceVersion=3", Some("n")).unwrap();
    assert_eq!(read(&mut late, 2).await, expected);
}

// kubernetes-api 99
#[tokio::test(start_paused = true)]
async fn what_enters_the_selection_is_new_and_what_leaves_it_is_gone() {
    let shelf = Shelf::new();
    let now = "sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
    let mut events = shelf.watch(&format!("{now}&labelSelector=l%3Dx"), None).unwrap();
    for label in [Some("y"), Some("x"), Some("x"), Some("y"), Some("x"), None] {
        shelf.put("n/a", label);
    }
    let expected = [
        line("ADDED", "a", "x", 2),
        line("MODIFIED", "a", "x", 3),
        line("DELETED", "a", "x", 4),
        line("ADDED", "a", "x", 5),
        line("DELETED", "a", "x", 6),
    ];
    assert_eq!(read(&mut events, 5).await, expected, "the old labels under the new version");
}

// kubernetes-api 102
#[tokio::test(start_paused = true)]
async fn a_client_that_streams_its_list_is_told_when_it_has_all() {
    let shelf = Shelf::new();
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut empty = shelf.watch(query, None).unwrap();
    assert_eq!(read(&mut empty, 1).await, [line("BOOKMARK", "", "end", 0)]);
    shelf.put("n/a", Some("x"));
    let mut events = shelf.watch(query, None).unwrap();
    assert_eq!(read(&mut events, 2).await, [line("ADDED", "a", "x", 1), line("BOOKMARK", "", "end", 1)]);
    shelf.put("n/b", Some("x"));
    assert_eq!(read(&mut events, 1).await, [line("ADDED", "b", "x", 2)]);
    assert_eq!(read(&mut empty, 2).await.len(), 2, "what came after the mark");

    assert!(shelf.watch(&format!("{query}&resourceVersion=99"), None).unwrap_err().starts_with("504"));
    let mut from_now =
        shelf.watch("sendInitialEvents=false&resourceVersionMatch=NotOlderThan", None).unwrap();
    shelf.put("n/c", Some("x"));
    assert_eq!(read(&mut from_now, 1).await, [line("ADDED", "c", "x", 3)]);
}

// kubernetes-api 96, 101
#[tokio::test(start_paused = true)]
async fn bookmarks_come_if_asked_for_and_the_watch_ends_in_time() {
    let shelf = Shelf::new();
    shelf.put("n/a", Some("x"));
    let mut events =
        shelf.watch("resourceVersion=1&timeoutSeconds=130&allowWatchBookmarks=true", None).unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(read(&mut events, 1).await, [line("BOOKMARK", "", "", 1)]);
    assert!(start.elapsed().as_secs() <= 60, "{:?}", start.elapsed());
    shelf.put("other/b", Some("x"));
    assert_eq!(read(&mut events, 1).await, [line("ADDED", "b", "x", 2)]);
    let mut bookmarks = 0;
    while let Some(piece) = events.next().await {
        for seen in lines(&piece) {
            assert_eq!(seen, line("BOOKMARK", "", "", 2));
            bookmarks += 1;
        }
    }
    assert!(bookmarks >= 2, "one each minute and one before the end");
    assert_eq!(start.elapsed().as_secs(), 130);

    let mut without = shelf.watch("resourceVersion=2&timeoutSeconds=130", None).unwrap();
    assert_eq!(without.next().await, None, "nobody asked for bookmarks");
}

// kubernetes-api 104, 109; image-api 53
#[tokio::test(start_paused = true)]
async fn a_version_that_is_no_longer_kept_is_refused() {
    let shelf = Shelf::new();
    for _ in 0..5 {
        shelf.put("n/a", Some("x"));
    }
    shelf.compact(3);
    let refused = shelf.watch("resourceVersion=2", None).unwrap_err();
    assert_eq!(refused, "410 too old resource version: 2 (3)");
    let mut events = shelf.watch("resourceVersion=3", None).unwrap();
    assert_eq!(read(&mut events, 2).await.len(), 2);
    let mut future = shelf.watch("resourceVersion=7", None).unwrap();
    for _ in 0..3 {
        shelf.put("n/a", Some("x"));
    }
    assert_eq!(
        read(&mut future, 1).await,
        [line("MODIFIED", "a", "x", 8)],
        "what it has seen is not repeated"
    );
}

// kubernetes-api 107
#[tokio::test(start_paused = true)]
async fn a_watcher_that_stops_reading_is_let_go_once_the_ring_has_passed() {
    let shelf = Shelf::new();
    let ring = Arc::default();
    let mut slow = shelf.watch_with("resourceVersion=0", None, &ring).unwrap();
    let mut quick = shelf.watch_with("resourceVersion=0", None, &ring).unwrap();
    for _ in 0..2 {
        shelf.put("n/a", Some("x"));
        assert_eq!(read(&mut slow, 1).await.len(), 1);
        assert_eq!(read(&mut quick, 1).await.len(), 1);
    }
    for _ in 0..100 {
        for _ in 0..64 {
            shelf.put("n/a", Some("x"));
        }
        assert_eq!(read(&mut quick, 64).await.len(), 64, "nobody waits for the slow one");
    }
    assert_eq!(slow.next().await, None, "its stream ends, without an error");
    let mut again = shelf.watch_with("resourceVersion=2", None, &ring).unwrap();
    assert_eq!(read(&mut again, 6400).await.last().unwrap().3, 6402, "and it can read on from the log");
}

// kubernetes-api 100: a list and what follows it are the state, whatever happens meanwhile.
#[tokio::test(start_paused = true)]
async fn the_state_and_what_follows_it_replay_to_the_present() {
    for seed in 0_u64..20 {
        let shelf = Shelf::new();
        let mut lot = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below: u64| {
            lot ^= lot << 13;
            lot ^= lot >> 7;
            lot ^= lot << 17;
            lot % below
        };
        let change = |shelf: &Shelf, draw: &mut dyn FnMut(u64) -> u64| {
            let namespace = draw(3);
            let key = format!("n{namespace}/s{namespace}-{}", draw(700));
            let label = ["x", "y"][usize::try_from(draw(2)).unwrap()];
            let gone = draw(4) == 0;
            shelf.put(&key, (!gone).then_some(label));
        };
        for _ in 0..2500 {
            change(&shelf, &mut draw);
        }
        let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true\
                     &labelSelector=l%3Dx";
        let mut events = shelf.watch(query, None).unwrap();
        let mut replayed: BTreeMap<String, u64> = BTreeMap::new();
        let mut ended = false;
        let mut after_end = 0;
        for round in 0..40 {
            let piece = events.next().await.unwrap();
            for (word, name, label, version) in lines(&piece) {
                match word.as_str() {
                    "BOOKMARK" => ended |= label == "end",
                    "ADDED" => assert!(replayed.insert(name, version).is_none(), "added twice"),
                    "MODIFIED" => assert!(replayed.insert(name, version) < Some(version), "in order"),
                    "DELETED" => assert!(replayed.remove(&name).is_some(), "of something that was there"),
                    other => panic!("{other}"),
                }
                after_end += usize::from(ended);
            }
            if round < 35 {
                for _ in 0..=draw(40) {
                    change(&shelf, &mut draw);
                }
            }
            let state: BTreeMap<String, u64> = shelf
                .state(u64::MAX)
                .into_values()
                .filter(|stream| stream.metadata.labels["l"] == "x")
                .map(|stream| (stream.metadata.name, stream.metadata.resource_version.unwrap().0))
                .collect();
            if round >= 35 && replayed == state {
                break;
            }
            assert!(round < 39, "seed {seed}: the watch has not caught up");
        }
        assert!(ended && after_end > 0);
    }
}

// Ages are those of the moment, however long the watch has lasted.
#[tokio::test(start_paused = true)]
async fn a_table_tells_ages_as_of_now() {
    let shelf = Shelf::new();
    let mut events = shelf.watch_as(Form::Table, "timeoutSeconds=3000").unwrap();
    let updated = |piece: Bytes| {
        let frame: Value = serde_json::from_slice(&piece).unwrap();
        frame["object"]["rows"][0]["cells"][3].as_str().unwrap().to_owned()
    };
    shelf.tag("n/a", 0);
    assert_eq!(updated(events.next().await.unwrap()), "Less than a second ago");
    tokio::time::advance(std::time::Duration::from_mins(10)).await;
    shelf.tag("n/b", 0);
    assert_eq!(updated(events.next().await.unwrap()), "10 minutes ago");
}
