//! In which form an object or a list is answered (kubernetes-api 2.12, 3.5).

use http::HeaderMap;
use weir_image_api::meta::IncludeObject;

use crate::accept::ranges;
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

impl Form {
    /// Picks the first form of `Accept` that can be produced. A range with an unknown
    /// transformation is passed over; a range without one is the plain object.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Result<Form, Failure> {
        let ranges = ranges(headers);
        let mut json = ranges.iter().filter(|range| range.covers("application", "json"));
        json.find_map(|range| {
            let Some(transformation) = range.parameter("as") else { return Some(Form::Object) };
            match (transformation, range.parameter("g"), range.parameter("v")) {
                ("Table", Some("meta.k8s.io"), Some("v1")) => Some(Form::Table),
                ("PartialObjectMetadata", Some("meta.k8s.io"), Some("v1")) => Some(Form::Partial),
                ("PartialObjectMetadataList", Some("meta.k8s.io"), Some("v1")) => Some(Form::PartialList),
                _ => None,
            }
        })
        .ok_or(Failure::NotAcceptable)
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
        Form::negotiate(&headers).ok()
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
}
