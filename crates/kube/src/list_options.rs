//! The parameters of a list (kubernetes-api 3.2 to 3.4).

use crate::continuation::{Continuation, ListScope};
use crate::failure::{Failure, FieldFault};
use crate::query::Query;
use crate::resource::Resource;
use crate::selector::{FieldSelector, LabelSelector};

/// What a client asked of a list.
#[derive(Debug)]
pub(crate) struct ListOptions {
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
    /// Most objects of a page; `None` is all of them.
    pub(crate) limit: Option<usize>,
    pub(crate) continuation: Option<Continuation>,
    pub(crate) version: VersionWish,
}

/// Which version of the registry an answer has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VersionWish {
    /// The current one, or any.
    Current,
    /// This one or a later one.
    AtLeast(u64),
    /// Only this one.
    Exactly(u64),
}

impl ListOptions {
    /// Reads and judges the parameters, in the order of the reference server: first what does not
    /// decode, then a watch where there is none, then combinations that are not allowed.
    pub(crate) fn parse(
        query: &Query,
        resource: &Resource,
        scope: ListScope<'_>,
    ) -> Result<ListOptions, Failure> {
        let limit = query.number("limit")?;
        let (labels, fields) = selectors(query, resource)?;
        if query.flag("watch") {
            return Err(Failure::WatchNotSupported(resource.group_resource()));
        }
        check_combinations(query)?;
        let continuation =
            query.text("continue").map(|token| Continuation::decode(token, scope)).transpose()?;
        let version = VersionWish::of_list(query)?;
        if continuation.is_some() && version != VersionWish::Current {
            let text = "specifying resource version is not allowed when using continue";
            return Err(Failure::BadRequest(text.to_owned()));
        }
        let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
        Ok(ListOptions { labels, fields, limit, continuation, version })
    }

    /// Whether some objects may be left out for what they are.
    pub(crate) fn is_selective(&self) -> bool {
        !(self.labels.is_empty() && self.fields.is_empty())
    }
}

/// Reads what a client selects by labels and by fields.
pub(crate) fn selectors(
    query: &Query,
    resource: &Resource,
) -> Result<(LabelSelector, FieldSelector), Failure> {
    let labels = LabelSelector::parse(query.get("labelSelector").unwrap_or_default())?;
    let fields = FieldSelector::parse(query.get("fieldSelector").unwrap_or_default())?;
    if let Some(unknown) = fields.fields().find(|field| !is_known(field, resource)) {
        return Err(Failure::BadRequest(unknown_field(unknown, resource)));
    }
    Ok((labels, fields))
}

impl VersionWish {
    /// Reads the wish of a get.
    pub(crate) fn of_get(query: &Query) -> Result<VersionWish, Failure> {
        Ok(match resource_version(query)? {
            None | Some(0) => VersionWish::Current,
            Some(version) => VersionWish::AtLeast(version),
        })
    }

    fn of_list(query: &Query) -> Result<VersionWish, Failure> {
        Ok(match (VersionWish::of_get(query)?, query.text("resourceVersionMatch")) {
            (VersionWish::AtLeast(version), Some("Exact")) => VersionWish::Exactly(version),
            (wish, _) => wish,
        })
    }

    /// Fails unless the version at hand will do. A commit is visible to every reader as soon as it
    /// has a version, so one from the future will not arrive by waiting here: the client is told to
    /// come back.
    pub(crate) fn accepts(self, current: u64) -> Result<(), Failure> {
        match self {
            VersionWish::AtLeast(asked) | VersionWish::Exactly(asked) if asked > current => {
                Err(Failure::ResourceVersionTooLarge { asked, current })
            }
            VersionWish::Exactly(asked) if asked < current => Err(Failure::ResourceVersionTooOld),
            VersionWish::Current | VersionWish::AtLeast(_) | VersionWish::Exactly(_) => Ok(()),
        }
    }
}

/// The version a client names; absent and empty are the same.
pub(crate) fn resource_version(query: &Query) -> Result<Option<u64>, Failure> {
    let Some(text) = query.text("resourceVersion") else { return Ok(None) };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).map(Some).ok_or_else(|| {
        let why = if plain { "value out of range" } else { "invalid syntax" };
        Failure::BadRequest(format!(
            "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: \
             {why}"
        ))
    })
}

fn check_combinations(query: &Query) -> Result<(), Failure> {
    let matching = query.text("resourceVersionMatch");
    let version = query.text("resourceVersion");
    let field = "resourceVersionMatch";
    let forbidden = |detail: &str| Err(Failure::ListOptions(FieldFault::forbidden(field, detail)));
    if matching.is_some() {
        if query.text("continue").is_some() {
            return forbidden("resourceVersionMatch is forbidden when continue is provided");
        }
        if version.is_none() {
            return forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
    }
    match matching {
        Some("Exact") if version == Some("0") => {
            return forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }
        None | Some("NotOlderThan" | "Exact") => {}
        Some(other) => {
            let supported = "\"Exact\", \"NotOlderThan\", \"\"";
            return Err(Failure::ListOptions(FieldFault::unsupported(field, other, supported)));
        }
    }
    if query.get("sendInitialEvents").is_some() {
        return Err(Failure::ListOptions(FieldFault::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        )));
    }
    Ok(())
}

fn is_known(field: &str, resource: &Resource) -> bool {
    matches!(field, "metadata.name" | "metadata.namespace") || resource.fields.contains(&field)
}

/// Typed resources of the core group say it in other words than everything else.
fn unknown_field(field: &str, resource: &Resource) -> String {
    if resource.kind.gv.group.is_empty() {
        format!("field label not supported: {field}")
    } else {
        format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    }
}
