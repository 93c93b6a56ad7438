//! What is to be complained about in a document, and where.

use std::fmt::Write as _;

/// Most complaints of a kind that are kept; upstream stops at the same number.
const MOST: usize = 100;
/// Longest path that is kept whole. Keys are the client's, so a path can be as long as the body, and
/// each complaint would repeat it.
const LONGEST: usize = 512;

/// The path that is being walked and the complaints so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    path: String,
    pub(super) unknown: Vec<String>,
    pub(super) duplicates: Vec<String>,
}

/// Where the path ended before a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark(usize);

impl Findings {
    /// Steps into a member.
    pub(super) fn enter(&mut self, name: &str) -> Mark {
        let mark = Mark(self.path.len());
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
        mark
    }

    /// Steps into an element.
    pub(super) fn enter_element(&mut self, index: usize) -> Mark {
        let mark = Mark(self.path.len());
        write!(self.path, "[{index}]").expect("a string takes everything");
        mark
    }

    /// Steps back.
    pub(super) fn leave(&mut self, mark: Mark) {
        self.path.truncate(mark.0);
    }

    /// Nobody knows the member stepped into.
    pub(super) fn unknown_here(&mut self) {
        note(&mut self.unknown, &self.path);
    }

    /// The member stepped into has been there before.
    pub(super) fn duplicate_here(&mut self) {
        note(&mut self.duplicates, &self.path);
    }
}

fn note(found: &mut Vec<String>, path: &str) {
    if found.len() >= MOST {
        return;
    }
    let path = if path.len() > LONGEST {
        format!("{}...", &path[..path.floor_char_boundary(LONGEST)])
    } else {
        path.to_owned()
    };
    if !found.contains(&path) {
        found.push(path);
    }
}
