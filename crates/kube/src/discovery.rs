//! Which groups, resources and verbs there are, told in the two forms clients know
//! (kubernetes-api 1.2, 1.3). Both are read off the catalogue that also routes requests.

mod aggregated;
mod legacy;

use http::HeaderMap;

use crate::accept::ranges;
use crate::document::Document;
use crate::failure::Failure;
use crate::form::{Encoding, TEXTS};
use crate::resource::Group;

/// The discovery documents.
#[derive(Debug)]
pub(crate) struct Discovery {
    groups: &'static [Group],
    pub(crate) versions: Document,
    pub(crate) group_list: Document,
    each_group: Vec<(&'static str, Document)>,
    each_version: Vec<(&'static str, Document)>,
    pub(crate) aggregated_core: Document,
    pub(crate) aggregated_groups: Document,
}

/// The form of the two root documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiscoveryForm {
    Legacy(Encoding),
    Aggregated,
}

/// Content type of the aggregated form. Clients tell the forms apart by these parameters alone.
pub(crate) const AGGREGATED_TYPE: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

impl Discovery {
    /// Makes every document of a catalogue. `address` is where clients find this server.
    pub(crate) fn new(groups: &'static [Group], address: &str) -> Discovery {
        let named = || groups.iter().filter(|group| !group.gv.group.is_empty());
        Discovery {
            groups,
            versions: legacy::versions(groups, address),
            group_list: legacy::group_list(named()),
            each_group: named().map(|group| (group.gv.group, legacy::group(group))).collect(),
            each_version: groups.iter().map(|group| (group.gv.group, legacy::resources(group))).collect(),
            aggregated_core: aggregated::list(groups.iter().filter(|group| group.gv.group.is_empty())),
            aggregated_groups: aggregated::list(named()),
        }
    }

    /// The document of one group.
    pub(crate) fn group(&self, name: &str) -> Result<&Document, Failure> {
        find(&self.each_group, name)
    }

    /// The document of one group version.
    pub(crate) fn version(&self, group: &str, version: &str) -> Result<&Document, Failure> {
        let known = self.groups.iter().any(|known| known.gv.group == group && known.gv.version == version);
        if known { find(&self.each_version, group) } else { Err(Failure::NoSuchApi) }
    }
}

fn find<'a>(documents: &'a [(&'static str, Document)], name: &str) -> Result<&'a Document, Failure> {
    documents.iter().find(|(of, _)| *of == name).map(|(_, document)| document).ok_or(Failure::NoSuchApi)
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl DiscoveryForm {
    /// Picks the first form of `Accept` that is spoken here. Of the aggregated ones that is v2: a
    /// client of the older beta names plain JSON too and gets the legacy documents.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Result<DiscoveryForm, Failure> {
        let ranges = ranges(headers);
        let mut texts = ranges.iter().filter_map(|range| Some((range, Encoding::of(range)?)));
        texts
            .find_map(|(range, encoding)| {
                let named = (range.parameter("as"), range.parameter("g"), range.parameter("v"));
                match (named, encoding) {
                    ((None, ..), encoding) => Some(DiscoveryForm::Legacy(encoding)),
                    (
                        (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")),
                        Encoding::Json,
                    ) => Some(DiscoveryForm::Aggregated),
                    _ => None,
                }
            })
            .ok_or(Failure::NotAcceptable(TEXTS))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::ACCEPT;

    use super::*;

    /// kubernetes-api 14, 15.
    #[test]
    fn what_clients_send() {
        const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        const BETA: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
        for (accept, expected) in [
            ("application/json".to_owned(), Some(DiscoveryForm::Legacy(Encoding::Json))),
            (format!("{BETA},application/json"), Some(DiscoveryForm::Legacy(Encoding::Json))),
            (BETA.to_owned(), None),
            (V2.to_owned(), Some(DiscoveryForm::Aggregated)),
            (format!("{V2},{BETA},application/json"), Some(DiscoveryForm::Aggregated)),
            (format!("{V2};profile=nopeer,{V2},application/json"), Some(DiscoveryForm::Aggregated)),
            ("text/html".to_owned(), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(&accept).unwrap());
            assert_eq!(DiscoveryForm::negotiate(&headers).ok(), expected, "{accept}");
        }
    }
}
