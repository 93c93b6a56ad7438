//! In which form an object or a list is answered (kubernetes-api 2.12, 3.5).

use http::HeaderMap;
use weir_image_api::meta::IncludeObject;

use crate::accept::{MediaRange, ranges};
use crate::failure::Failure;
use crate::query::Query;

/// The form the client asked for and can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The object itself.
    Object,
    /// Rows for a person.
    Table,
    /// Only the metadata of an object.
    Partial,
    /// Only the metadata of each object of a list.
    PartialList,
}

/// The text an answer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Yaml,
}

/// The types of what is written as text, as refusals list them.
pub(crate) const TEXTS: &[&str] = &["application/json", "application/yaml"];

impl Form {
    /// Picks the first form of `Accept` that can be produced. A range with an unknown
    /// transformation is passed over; a range without one is the plain object.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Result<(Form, Encoding), Failure> {
        let ranges = ranges(headers);
        let mut known = ranges.iter().filter_map(|range| Some((Form::of(range)?, Encoding::of(range)?)));
        known.next().ok_or(Failure::NotAcceptable(TEXTS))
    }

    /// The same for events, which are written as JSON only.
    pub(crate) fn of_events(headers: &HeaderMap) -> Result<Form, Failure> {
        let ranges = ranges(headers);
        let mut json = ranges.iter().filter(|range| Encoding::of(range) == Some(Encoding::Json));
        json.find_map(Form::of).ok_or(Failure::NotAcceptable(&["application/json"]))
    }

    fn of(range: &MediaRange) -> Option<Form> {
        let Some(transformation) = range.parameter("as") else { return Some(Form::Object) };
        match (transformation, range.parameter("g"), range.parameter("v")) {
            ("Table", Some("meta.k8s.io"), Some("v1")) => Some(Form::Table),
            ("PartialObjectMetadata", Some("meta.k8s.io"), Some("v1")) => Some(Form::Partial),
            ("PartialObjectMetadataList", Some("meta.k8s.io"), Some("v1")) => Some(Form::PartialList),
            _ => None,
        }
    }
}

impl Encoding {
    /// Picks the text of a document that has one form. Nobody who gets it asks for another.
    pub(crate) fn of_document(headers: &HeaderMap) -> Result<Encoding, Failure> {
        let found = ranges(headers).iter().find_map(Encoding::of);
        found.ok_or(Failure::NotAcceptable(TEXTS))
    }

    /// The text of a refusal: as JSON also for those who take something else.
    pub(crate) fn of_refusal(headers: &HeaderMap) -> Encoding {
        Encoding::of_document(headers).unwrap_or(Encoding::Json)
    }

    pub(crate) fn of(range: &MediaRange) -> Option<Encoding> {
        if range.covers("application", "json") {
            Some(Encoding::Json)
        } else {
            range.covers("application", "yaml").then_some(Encoding::Yaml)
        }
    }
}

/// Reads how much of each object a table carries.
pub(crate) fn include_object(query: &Query) -> Result<IncludeObject, Failure> {
    match query.text("includeObject") {
        None | Some("Metadata") => Ok(IncludeObject::Metadata),
        Some("None") => Ok(IncludeObject::None),
        Some("Object") => Ok(IncludeObject::Object),
        Some(other) => Err(Failure::BadRequest(format!(
            "Unable to convert to Table as requested: includeObject: Invalid value: {other:?}: must be \
             'Metadata', 'Object', 'None', or empty"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::ACCEPT;

    use super::*;

    fn form(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        Form::negotiate(&headers).ok().map(|(form, _)| form)
    }

    /// kubernetes-api 69, 70, 70a.
    #[test]
    fn what_clients_send() {
        for (accept, expected) in [
            ("application/json", Some(Form::Object)),
            ("*/*", Some(Form::Object)),
            ("application/*", Some(Form::Object)),
            ("application/vnd.kubernetes.protobuf,application/json", Some(Form::Object)),
            ("application/vnd.kubernetes.protobuf", None),
            ("application/cbor, */*", Some(Form::Object)),
            ("application/cbor,application/json", Some(Form::Object)),
            ("text/html", None),
            ("text/html,*/*;q=0.1", Some(Form::Object)),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,\
                 application/json",
                Some(Form::Table),
            ),
            ("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", Some(Form::Object)),
            ("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", Some(Form::Object)),
            ("application/json;as=Bogus;v=v1;g=meta.k8s.io", None),
            ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Some(Form::Partial)),
            (
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
                Some(Form::PartialList),
            ),
        ] {
            assert_eq!(form(accept), expected, "{accept}");
        }
    }

    /// kubernetes-api 68.
    #[test]
    fn yaml_is_written_for_those_who_ask_for_it() {
        for (accept, expected) in [
            ("application/yaml", Some(Encoding::Yaml)),
            ("application/yaml, application/json", Some(Encoding::Yaml)),
            ("application/json, application/yaml", Some(Encoding::Json)),
            ("*/*, application/yaml;q=0.5", Some(Encoding::Json)),
            ("application/yaml;as=Table;v=v1;g=meta.k8s.io", Some(Encoding::Yaml)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
            assert_eq!(Form::negotiate(&headers).ok().map(|(_, encoding)| encoding), expected, "{accept}");
        }
    }
}
