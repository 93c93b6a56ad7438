use crate::meta::FieldErrors;

/// Why a request about one tag of a stream changes nothing. Stands for both views of a tag; who
/// answers adds the name of the resource that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name does not name a tag of a stream; this is the whole text.
    Name(String),
    /// These members are wrong.
    Invalid(FieldErrors),
    /// The stream has a spec tag of that name.
    AlreadyExists,
    /// There is no spec tag to change and none to make; this is the whole text.
    NotSpecTag(String),
    /// The request is about another state of the stream than there is; this is why.
    Conflict(String),
    /// There is no such stream.
    StreamMissing,
    /// There is no such tag.
    TagMissing,
}
