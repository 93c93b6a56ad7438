use crate::api::Refusal;

/// What a caller wants of one object. Runs where the object cannot change meanwhile.
pub trait Mutation<T>: Send {
    /// The object as the caller wants it, from what it is now. Called once.
    fn wanted(&mut self, current: Option<&T>) -> Result<T, Refusal>;

    /// Sees what is about to be stored, defaults filled in, and may record who manages what of it.
    fn settle(&mut self, before: Option<&T>, after: &mut T);
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// The object as it is now. Made in a dry run, it has no version.
    pub object: T,
    /// Whether it, or for a tag its place in the spec, was not there before.
    pub made: bool,
    /// What the caller should know although nothing failed.
    pub warnings: Vec<String>,
}

/// How to delete an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// What must hold for it to happen.
    pub preconditions: Preconditions,
    /// What to do about objects that go with it.
    pub propagation: Option<Propagation>,
}

/// What must hold for a deletion to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// The object is this incarnation.
    pub uid: Option<String>,
    /// The object has not changed since.
    pub resource_version: Option<String>,
}

/// What to do about objects that go with a deleted one. Nothing here owns others by reference, so
/// the words are accepted and mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They go first.
    Foreground,
    /// They go later.
    Background,
    /// They stay.
    Orphan,
}

/// What became of a deleted object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone<T> {
    /// It is gone; this is its last state.
    Removed(T),
    /// Somebody has to agree first; until then it is marked.
    Terminating(T),
}
