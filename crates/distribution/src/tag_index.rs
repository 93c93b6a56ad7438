//! The list of tags with the manifests they point to, as proposed in pull request 579 of the
//! distribution specification ("Initial PR to propose updates to tag listing", opened on 2025-06-26
//! and not merged), revision c290a0a: an image index for who asks for one, and `sort_by` and
//! `sort_order`. How it is paged the proposal does not say; that part is ours.

use http::{HeaderMap, HeaderValue, Response, header};
use percent_encoding::utf8_percent_encode;
use weir_access::Pull;
use weir_oci::RepositoryName;
use weir_oci::documents::{Tagged, tagged};
use weir_registry::{Direction, IndexedTag, TagOrder, Timestamp};

use crate::list::QUERY_VALUE;
use crate::response::{WithHeader, document};
use crate::service::Call;
use crate::{ApiError, Payload};

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The same address answers two types.
pub(crate) const VARY_ACCEPT: HeaderValue = HeaderValue::from_static("accept");

const CREATED: &str = "org.opencontainers.image.ref.created";
const NAME: &str = "org.opencontainers.image.ref.name";

impl<B> Call<'_, B> {
    pub(crate) fn tag_index(self, repository: &RepositoryName) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository.clone())?;
        let limit = self.requested_size()?.unwrap_or(self.edge.settings.page_entries);
        let (order, direction) = (self.order()?, self.direction()?);
        let page = self.registry().tag_index(&permit, &order, direction, limit)?;
        let link = page.items.last().filter(|_| page.more).map(|last| next(&order, direction, limit, last));
        let body = tagged(page.items.into_iter().map(described).collect());
        let response = document(OCI_INDEX, body).with(header::VARY, VARY_ACCEPT);
        Ok(Self::linked(response, &format!("/v2/{repository}/tags/list"), link))
    }

    /// `last` is what the list is sorted by: a tag or a time.
    fn order(&self) -> Result<TagOrder, ApiError> {
        let last = self.query.one("last")?;
        match self.query.one("sort_by")? {
            None | Some("name") => Ok(TagOrder::Name(last.map(str::to_owned))),
            Some("created_at") => {
                let Some(text) = last else { return Ok(TagOrder::Created(None)) };
                let refuse = "last is a time as in RFC 3339 where sort_by is created_at";
                let time =
                    Timestamp::parse(text).map_err(|_| ApiError::parameter(refuse).with_detail(text))?;
                let name = self.query.one("last_name")?.map(str::to_owned);
                Ok(TagOrder::Created(Some((time, name))))
            }
            Some(other) => Err(ApiError::parameter("sort_by is name or created_at").with_detail(other)),
        }
    }

    fn direction(&self) -> Result<Direction, ApiError> {
        match self.query.one("sort_order")? {
            None | Some("asc") => Ok(Direction::Ascending),
            Some("desc") => Ok(Direction::Descending),
            Some(other) => Err(ApiError::parameter("sort_order is asc or desc").with_detail(other)),
        }
    }
}

/// The query of the next page. Several tags may be of one second, so it names the tag as well.
fn next(order: &TagOrder, direction: Direction, limit: usize, last: &IndexedTag) -> String {
    let name = utf8_percent_encode(&last.tag, QUERY_VALUE);
    let place = match order {
        TagOrder::Name(_) => format!("last={name}"),
        TagOrder::Created(_) => {
            let time = last.created.to_string();
            format!("last={}&last_name={name}&sort_by=created_at", utf8_percent_encode(&time, QUERY_VALUE))
        }
    };
    let order = match direction {
        Direction::Ascending => "asc",
        Direction::Descending => "desc",
    };
    format!("n={limit}&{place}&sort_order={order}")
}

fn described(tag: IndexedTag) -> Tagged {
    Tagged {
        digest: tag.digest,
        media_type: tag.media_type,
        size: tag.size,
        annotations: [(CREATED, tag.created.to_string()), (NAME, tag.tag)],
    }
}

/// Whether a client wants the tags as an index: it names the type and likes it no less than plain
/// JSON. One that takes anything gets what clients always got.
pub(crate) fn index_wanted(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let (mut index, mut plain) = (0, 0);
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let weight = weight.map_or(1000, thousandths);
        if media_type.eq_ignore_ascii_case(OCI_INDEX) {
            index = index.max(weight);
        } else if media_type.eq_ignore_ascii_case("application/json") {
            plain = plain.max(weight);
        }
    }
    index > 0 && index >= plain
}

/// A weight from 0 to 1, in thousandths. What is none counts as nothing.
fn thousandths(text: &str) -> u32 {
    match text.split_once('.').unwrap_or((text, "")) {
        ("1", _) => 1000,
        ("0", rest) => format!("{rest:0<3}").get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_for_who_asks_for_one() {
        let json = "application/json";
        for (accept, wanted) in [
            (None, false),
            (Some("*/*".to_owned()), false),
            (Some(format!("{json}, */*")), false),
            (Some("application/vnd.oci.image.manifest.v1+json".to_owned()), false),
            (Some(OCI_INDEX.to_owned()), true),
            (Some(OCI_INDEX.to_uppercase()), true),
            (Some(format!("{json}, {OCI_INDEX}")), true),
            (Some(format!("{json};q=0.5,{OCI_INDEX}; q=0.51")), true),
            (Some(format!("{json};q=0.5,{OCI_INDEX};q=0.4")), false),
            (Some(format!("{OCI_INDEX};q=0")), false),
            (Some(format!("{OCI_INDEX};q=0.000")), false),
            (Some(format!("{OCI_INDEX};q=x")), false),
            (Some(format!("{OCI_INDEX};q=0.\u{fc}")), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = &accept {
                headers.insert(header::ACCEPT, HeaderValue::from_bytes(accept.as_bytes()).unwrap());
            }
            assert_eq!(index_wanted(&headers), wanted, "{accept:?}");
        }
    }
}
