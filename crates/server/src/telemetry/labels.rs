use std::fmt::Write as _;

use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// What requests are told apart by. Every member has few values, so that no client can make the
/// number of series grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    /// A literal of the source, see [`Facts::route`](crate::exchange::Facts::route).
    pub(super) route: &'static str,
    pub(super) method: MethodLabel,
    pub(super) status: StatusClass,
}

/// What bytes are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabels {
    pub(super) route: &'static str,
}

/// Why a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RefusedLabels {
    pub(super) reason: Refused,
}

/// What there were too many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LimitLabels {
    pub(super) limit: Limit,
}

/// Something of which there may only be so many at a time, called as its option is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Limit {
    /// Requests that bring blob content.
    Uploads,
    /// Requests to the API of Kubernetes, up to their answer.
    ApiRequests,
    /// Answers of that API that go on.
    Watches,
}

/// Why a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refused {
    /// Its address has too many.
    Address,
    /// It speaks TLS to a plain port.
    Tls,
    /// The system has no descriptor left.
    Descriptors,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum MethodLabel {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StatusClass {
    Success,
    Redirect,
    ClientError,
    ServerError,
    /// The client went away before there was an answer.
    None,
}

impl From<&Method> for MethodLabel {
    fn from(method: &Method) -> MethodLabel {
        match *method {
            Method::GET => MethodLabel::Get,
            Method::HEAD => MethodLabel::Head,
            Method::POST => MethodLabel::Post,
            Method::PUT => MethodLabel::Put,
            Method::PATCH => MethodLabel::Patch,
            Method::DELETE => MethodLabel::Delete,
            _ => MethodLabel::Other,
        }
    }
}

impl From<Option<StatusCode>> for StatusClass {
    fn from(status: Option<StatusCode>) -> StatusClass {
        match status.map(|status| status.as_u16()) {
            None => StatusClass::None,
            Some(..300) => StatusClass::Success,
            Some(300..400) => StatusClass::Redirect,
            Some(400..500) => StatusClass::ClientError,
            Some(500..) => StatusClass::ServerError,
        }
    }
}

impl EncodeLabelValue for MethodLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        encoder.write_str(match self {
            MethodLabel::Get => "GET",
            MethodLabel::Head => "HEAD",
            MethodLabel::Post => "POST",
            MethodLabel::Put => "PUT",
            MethodLabel::Patch => "PATCH",
            MethodLabel::Delete => "DELETE",
            MethodLabel::Other => "other",
        })
    }
}

impl EncodeLabelValue for StatusClass {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        encoder.write_str(match self {
            StatusClass::Success => "2xx",
            StatusClass::Redirect => "3xx",
            StatusClass::ClientError => "4xx",
            StatusClass::ServerError => "5xx",
            StatusClass::None => "none",
        })
    }
}

impl EncodeLabelValue for Limit {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        encoder.write_str(match self {
            Limit::Uploads => "uploads",
            Limit::ApiRequests => "api-requests",
            Limit::Watches => "watches",
        })
    }
}

impl EncodeLabelValue for Refused {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        encoder.write_str(match self {
            Refused::Address => "address",
            Refused::Tls => "tls",
            Refused::Descriptors => "descriptors",
        })
    }
}
