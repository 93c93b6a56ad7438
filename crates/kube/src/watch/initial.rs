use std::cmp::Ordering;

use weir_image_api::Namespace;
use weir_registry::view::{Page, ViewError};

use crate::listing::just_before;
use crate::record::Record;
use crate::watch::log::Log;

/// Objects read at once.
const PAGE: usize = 500;

/// What there is when a watch begins, read page by page as the client takes it.
///
/// The pages are of different versions. So that the client nevertheless sees every change of every
/// object once and in order, each page notes its version and where it ends: a change that the page of
/// its object already shows is left out of what follows.
#[derive(Debug)]
pub(super) struct Initial {
    namespace: Option<Namespace>,
    after: Option<(String, String)>,
    /// Only the first object can be one that is watched.
    single: bool,
    /// There is no such namespace, and never will be.
    nowhere: bool,
    covered: Covered,
}

/// Which objects have been shown as of which version.
#[derive(Debug, Default)]
pub(super) struct Covered {
    /// Version of each page and the key of its last object, in the order of the list; the last page
    /// has no end.
    pages: Vec<(u64, Option<(String, String)>)>,
}

impl Initial {
    /// The objects of a namespace, or of all; with `only` the one of that name.
    pub(super) fn new(within: Option<&str>, only: Option<&str>) -> Initial {
        let namespace = within.and_then(|name| Namespace::parse(name).ok());
        let nowhere = within.is_some() && namespace.is_none();
        let after = only.map(|name| (within.unwrap_or_default().to_owned(), just_before(name)));
        Initial { namespace, after, single: only.is_some() || nowhere, nowhere, covered: Covered::default() }
    }

    /// Reads the next page, and says whether there are more.
    pub(super) fn next_page(&mut self, log: &dyn Log) -> Result<(Vec<Box<dyn Record>>, bool), ViewError> {
        let limit = if self.single { 1 } else { PAGE };
        let page = Page { limit: Some(limit), after: self.after.take() };
        let listed = log.list(self.namespace.as_ref(), &page)?;
        let next = listed.next.filter(|_| !self.single);
        self.covered.pages.push((listed.version.0, next.clone()));
        self.after = next;
        // The version is that of an empty list.
        let items = if self.nowhere { Vec::new() } else { listed.items };
        Ok((items, self.after.is_some()))
    }

    /// The page that was read first is the oldest.
    pub(super) fn finish(self) -> Covered {
        self.covered
    }
}

impl Covered {
    /// Version from which changes may matter.
    pub(super) fn from(&self) -> u64 {
        self.pages.first().map_or(0, |(version, _)| *version)
    }

    /// Version from which all changes matter.
    pub(super) fn upto(&self) -> u64 {
        self.pages.last().map_or(0, |(version, _)| *version)
    }

    /// Whether the client has seen the object as of this version or a later one.
    pub(super) fn shows(&self, object: &dyn Record, version: u64) -> bool {
        let meta = object.meta();
        let key = (meta.namespace.as_str(), meta.name.as_str());
        let page = self.pages.partition_point(|(_, end)| {
            end.as_ref().is_some_and(|(namespace, name)| order((namespace, name), key) == Ordering::Less)
        });
        self.pages.get(page).is_some_and(|(shown, _)| *shown >= version)
    }
}

/// The order of lists: by namespace, then by name; of two tags, the streams decide first.
fn order(a: (&str, &str), b: (&str, &str)) -> Ordering {
    a.0.cmp(b.0).then_with(|| parts(a.1).cmp(&parts(b.1)))
}

fn parts(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(stream, tag)| (stream, Some(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(namespace: &str, name: &str) -> (String, String) {
        (namespace.to_owned(), name.to_owned())
    }

    fn named(namespace: &str, name: &str) -> weir_image_api::ImageStream {
        let mut stream = weir_image_api::ImageStream::default();
        namespace.clone_into(&mut stream.metadata.namespace);
        name.clone_into(&mut stream.metadata.name);
        stream
    }

    #[test]
    fn an_object_is_shown_as_of_the_page_it_is_on() {
        let covered =
            Covered { pages: vec![(10, Some(key("a", "m"))), (20, Some(key("b", "c"))), (30, None)] };
        assert_eq!((covered.from(), covered.upto()), (10, 30));
        for (namespace, name, version) in
            [("a", "a", 10), ("a", "m", 10), ("a", "n", 20), ("b", "c", 20), ("b", "d", 30), ("z", "z", 30)]
        {
            let object = named(namespace, name);
            assert!(covered.shows(&object, version), "{namespace}/{name} at {version}");
            assert!(!covered.shows(&object, version + 1), "{namespace}/{name} after {version}");
        }
    }

    #[test]
    fn tags_stand_in_the_order_of_their_streams() {
        assert_eq!(order(("n", "app:v1"), ("n", "app-x:a")), Ordering::Less, "although ':' sorts behind '-'");
        assert_eq!(order(("n", "app:b"), ("n", "app:a")), Ordering::Greater);
    }
}
