//! Putting a list together: pages, selectors, the version it shows.

use weir_image_api::meta::ListMeta;
use weir_image_api::{Namespace, ResourceVersion};
use weir_registry::view::{Page, ViewError};

use crate::continuation::{Continuation, Cursor, ListScope};
use crate::failure::Failure;
use crate::list_options::ListOptions;
use crate::record::Record;
use crate::resource::{List, Resource};
use crate::selector::{FieldSelector, LabelSelector};
use crate::source::Source;

/// Most objects of a page, whatever the client asks for. A client that names no limit gets all:
/// it would not look for a second page.
const MAX_PAGE: usize = 5000;

/// Objects read at once when most of them may be dropped again.
const SCAN: usize = 500;

/// Most reads for one page of a selective list. A page may come out short, even empty, as long as it
/// says where to go on.
const MAX_SCANS: usize = 20;

/// The objects of a list, or of a page of it.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) metadata: ListMeta,
    pub(crate) items: Vec<Box<dyn Record>>,
}

/// What to read for a list.
struct Plan {
    namespace: Option<Namespace>,
    after: Option<(String, String)>,
    /// Most objects of the page.
    limit: Option<usize>,
    reach: Reach,
}

/// How far to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Only the next object can be the one that is asked for by name.
    One,
    /// Through objects most of which may be dropped again.
    Selective,
    /// As far as the page goes.
    Page,
}

/// Reads what the options ask for.
///
/// Every page shows the version of the first one, from which a watch may start. Later pages read the
/// current state: an object that did not change between the pages is seen exactly once, and the watch
/// delivers what did.
pub(crate) fn collect(
    source: &dyn Source,
    resource: &Resource,
    list: List,
    scope: ListScope<'_>,
    options: &ListOptions,
) -> Result<Collected, Failure> {
    let unavailable = |error| Failure::of_list(resource.group_resource(), error);
    let Some(plan) = Plan::of(scope, options) else {
        let current = current_version(source).map_err(unavailable)?;
        options.version.accepts(current)?;
        return Ok(Collected { metadata: meta(current), items: Vec::new() });
    };
    let mut found = Vec::new();
    let mut page = Page { limit: plan.next_read(0), after: plan.after.clone() };
    let mut shown = None;
    let mut reads = 0;
    loop {
        reads += 1;
        let listed = list(source, plan.namespace.as_ref(), &page).map_err(unavailable)?;
        if shown.is_none() {
            options.version.accepts(listed.version.0)?;
            shown = Some(shown_version(options, scope, listed.version.0)?);
        }
        found.extend(listed.items.into_iter().filter(|object| matches(object.as_ref(), options)));
        page = Page { limit: plan.next_read(found.len()), after: listed.next };
        if plan.is_done(&page, reads) {
            let mut metadata = meta(shown.unwrap_or_default());
            if plan.reach != Reach::One {
                go_on(&mut metadata, page.after, scope);
            }
            if plan.reach == Reach::Page {
                metadata.remaining_item_count = listed.remaining.and_then(|count| i64::try_from(count).ok());
            }
            return Ok(Collected { metadata, items: found });
        }
    }
}

impl Plan {
    /// None for a namespace that cannot exist.
    fn of(scope: ListScope<'_>, options: &ListOptions) -> Option<Plan> {
        let given = match scope {
            ListScope::Cluster => None,
            ListScope::Namespace(namespace) => Some(namespace),
            ListScope::AllNamespaces => options.fields.exact("metadata.namespace"),
        };
        let namespace = given.map(Namespace::parse).transpose().ok()?;
        let limit = options.limit.map(|limit| limit.min(MAX_PAGE));
        let within_one = scope == ListScope::Cluster || namespace.is_some();
        let named = options.fields.exact("metadata.name").filter(|_| within_one);
        Some(match (&options.continuation, named) {
            (None, Some(name)) => {
                let after = Some((given.unwrap_or_default().to_owned(), just_before(name)));
                Plan { namespace, after, limit, reach: Reach::One }
            }
            (from, _) => {
                let after = from.as_ref().map(|from| (from.after.namespace.clone(), from.after.name.clone()));
                let reach = if options.is_selective() { Reach::Selective } else { Reach::Page };
                Plan { namespace, after, limit, reach }
            }
        })
    }

    /// How many objects to read next, when some have been found.
    fn next_read(&self, found: usize) -> Option<usize> {
        match (self.reach, self.limit) {
            (Reach::One, _) => Some(1),
            (Reach::Selective | Reach::Page, Some(limit)) => Some(limit.saturating_sub(found)),
            (Reach::Selective, None) => Some(SCAN),
            (Reach::Page, None) => None,
        }
    }

    fn is_done(&self, next: &Page, reads: usize) -> bool {
        let full = self.limit.is_some() && (next.limit == Some(0) || reads >= MAX_SCANS);
        next.after.is_none() || full || self.reach == Reach::One
    }
}

/// Says where the next page starts, if there is one.
fn go_on(metadata: &mut ListMeta, after: Option<(String, String)>, scope: ListScope<'_>) {
    if let Some((namespace, name)) = after {
        let resource_version = metadata.resource_version.map(|version| version.0);
        let next = Continuation { resource_version, after: Cursor { namespace, name } };
        metadata.continue_token = next.encode(scope);
    }
}

/// The version of the registry, without reading much of it.
pub(crate) fn current_version(source: &dyn Source) -> Result<u64, ViewError> {
    Ok(source.namespaces(&Page { limit: Some(1), after: None })?.version.0)
}

/// The version of the first page. One that the registry has not reached is from another life of its
/// database: the client may go on from here, but not as if nothing had happened.
fn shown_version(options: &ListOptions, scope: ListScope<'_>, current: u64) -> Result<u64, Failure> {
    let Some(from) = &options.continuation else { return Ok(current) };
    match from.resource_version {
        None => Ok(current),
        Some(first) if first <= current => Ok(first),
        Some(_) => {
            let fresh = Continuation { resource_version: None, after: from.after.clone() };
            Err(Failure::ContinueTooOld { fresh: fresh.encode(scope) })
        }
    }
}

fn matches(object: &dyn Record, options: &ListOptions) -> bool {
    selects(object, &options.labels, &options.fields)
}

/// Whether both selectors let an object through.
pub(crate) fn selects(object: &dyn Record, labels: &LabelSelector, fields: &FieldSelector) -> bool {
    let meta = object.meta();
    labels.matches(&meta.labels)
        && fields.matches(|field| match field {
            "metadata.name" => Some(meta.name.clone()),
            "metadata.namespace" => Some(meta.namespace.clone()),
            other => object.field(other),
        })
}

fn meta(version: u64) -> ListMeta {
    ListMeta { resource_version: Some(ResourceVersion(version)), ..ListMeta::default() }
}

/// A text right before `name` in byte order, with no name in between: names are ASCII, and so sort
/// below the character appended here. It turns a search by name into one step of the index.
pub(crate) fn just_before(name: &str) -> String {
    let mut text = name.to_owned();
    let last = text.pop().and_then(|last| char::from_u32(u32::from(last).saturating_sub(1)));
    text.extend(last);
    text.push(char::MAX);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_stands_between_a_name_and_just_before_it(
            name in "[a-z0-9.~:@_-]{1,6}",
            other in "[a-z0-9.~:@_-]{1,6}",
        ) {
            let before = just_before(&name);
            prop_assert!(before < name);
            prop_assert!(other <= before || other >= name, "{other} lies between");
        }
    }
}
