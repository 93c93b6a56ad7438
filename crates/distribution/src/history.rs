//! The history of a tag, as proposed in pull request 606 of the distribution specification
//! ("Update spec to include tag history endpoint", opened on 2026-04-23 and not merged): the
//! revision of `extensions/_oci.md` that answers an image index and knows `n`, `before`, `since`,
//! `digest` and `Link`. Earlier ones answered an array.

use http::Response;
use percent_encoding::utf8_percent_encode;
use weir_access::Pull;
use weir_oci::documents::{Tagged, tagged};
use weir_oci::{Digest, RepositoryName, Tag};
use weir_registry::{Moment, Span, TimelineEntry, Timestamp};

use crate::list::QUERY_VALUE;
use crate::response::document;
use crate::service::Call;
use crate::tag_index::OCI_INDEX;
use crate::{ApiError, Payload};

const TIMESTAMP: &str = "org.opencontainers.distribution.tag.timestamp";
const EVENT: &str = "org.opencontainers.distribution.tag.event";

impl<B> Call<'_, B> {
    /// Never a 404: that would mean that there is no such extension.
    pub(crate) fn tag_history(
        self,
        repository: &RepositoryName,
        tag: &Tag,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository.clone())?;
        let limit = self.requested_size()?.unwrap_or(self.edge.settings.page_entries);
        let span = self.span()?;
        let page = self.registry().tag_history(&permit, tag, &span, limit)?;
        let link = match page.items.last() {
            Some(last) if page.more => Some(self.older(limit, last.moment)?),
            _ => None,
        };
        let body = tagged(page.items.iter().map(described).collect());
        let path = format!("/v2/{repository}/_oci/tag-history/{tag}");
        Ok(Self::linked(document(OCI_INDEX, body), &path, link))
    }

    fn span(&self) -> Result<Span, ApiError> {
        let time = |name: &'static str, text: &str| {
            Timestamp::parse(text).map_err(|_| {
                ApiError::parameter(format!("{name} is a time as in RFC 3339")).with_detail(text)
            })
        };
        let since = self.query.one("since")?.map(|text| time("since", text)).transpose()?;
        let before = match self.query.one("before")? {
            None => None,
            // Times of entries are whole seconds: before a fraction of one is before the next.
            Some(text) => {
                let time = time("before", text)?;
                let rest = i64::from(has_fraction(text));
                Some(Timestamp::from_seconds(time.seconds() + rest))
            }
        };
        let older_than = match self.query.one("last")? {
            None => None,
            Some(text) => {
                let refuse = || ApiError::parameter("last is what a Link says").with_detail(text);
                Some(moment(text).ok_or_else(refuse)?)
            }
        };
        let digest = self.query.one("digest")?.map(Digest::parse).transpose()?;
        Ok(Span { since, before, older_than, digest })
    }

    /// The query of the next page. Several entries may be of one second, so a time does not say where
    /// it starts.
    fn older(&self, limit: usize, last: Moment) -> Result<String, ApiError> {
        let mut query =
            format!("n={limit}&last={}.{}.{}", last.created.seconds(), last.version, last.position);
        for name in ["since", "before", "digest"] {
            if let Some(value) = self.query.one(name)? {
                query.extend(["&", name, "="]);
                query.extend(utf8_percent_encode(value, QUERY_VALUE));
            }
        }
        Ok(query)
    }
}

fn moment(text: &str) -> Option<Moment> {
    let mut numbers = text.split('.');
    let created = Timestamp::from_seconds(numbers.next()?.parse().ok()?);
    let (version, position) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    numbers.next().is_none().then_some(Moment { created, version, position })
}

/// Whether a time that could be read has a part of a second.
fn has_fraction(text: &str) -> bool {
    text.split_once(['.', ','])
        .is_some_and(|(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).any(|digit| digit != b'0'))
}

fn described(entry: &TimelineEntry) -> Tagged {
    let event = if entry.deleted { "deleted" } else { "created" };
    Tagged {
        digest: entry.digest,
        media_type: entry.media_type,
        size: entry.size,
        annotations: [(TIMESTAMP, entry.moment.created.to_string()), (EVENT, event.to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_link_says_is_a_place() {
        let created = Timestamp::from_seconds(-5);
        assert_eq!(moment("-5.7.0"), Some(Moment { created, version: 7, position: 0 }));
        for text in ["", "1", "1.2", "1.2.3.4", "x.2.3", "1.-2.3", "2026-02-03T10:16:00Z"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_of_a_second_is_noticed() {
        assert!(has_fraction("2026-02-03T10:16:00.001Z"));
        assert!(!has_fraction("2026-02-03T10:16:00.000Z"));
        assert!(!has_fraction("2026-02-03T10:16:00+01:00"));
    }
}
