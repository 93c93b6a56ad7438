//! The media types of request bodies.

/// A format that bodies are read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
    /// Of the kinds built into Kubernetes only.
    Protobuf,
}

impl Format {
    /// The format a content type names. None is JSON; parameters such as a charset are not looked at.
    pub(crate) fn of(content_type: Option<&str>) -> Option<Format> {
        let full = content_type.unwrap_or_default();
        let media_type = full.split_once(';').map_or(full, |(media_type, _)| media_type).trim();
        let known = [
            ("", Format::Json),
            ("application/json", Format::Json),
            ("application/yaml", Format::Yaml),
            ("application/vnd.kubernetes.protobuf", Format::Protobuf),
        ];
        known.into_iter().find(|(name, _)| media_type.eq_ignore_ascii_case(name)).map(|(_, format)| format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// kubernetes-api 67, 70.
    #[test]
    fn what_clients_send() {
        for (content_type, expected) in [
            (None, Some(Format::Json)),
            (Some(""), Some(Format::Json)),
            (Some("application/json"), Some(Format::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(Format::Json)),
            (Some("application/yaml"), Some(Format::Yaml)),
            (Some("application/vnd.kubernetes.protobuf"), Some(Format::Protobuf)),
            (Some("application/cbor"), None),
            (Some("text/plain"), None),
            (Some("application/x-www-form-urlencoded"), None),
            (Some("application/jsonp"), None),
            (Some("json"), None),
        ] {
            assert_eq!(Format::of(content_type), expected, "{content_type:?}");
        }
    }
}
