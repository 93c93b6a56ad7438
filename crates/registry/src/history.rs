use weir_access::{Permit, Pull};
use weir_oci::Tag;

pub use weir_metadata::{Moment, Span, TimelineEntry};

use crate::{Names, Registry, Result};

impl Registry {
    /// What happened to a tag, latest first. Neither the tag nor the repository has to exist any
    /// more, or ever: then nothing happened to it.
    pub fn tag_history(
        &self,
        permit: &Permit<Pull>,
        tag: &Tag,
        span: &Span,
        limit: usize,
    ) -> Result<Names<TimelineEntry>> {
        let stream = self.stream(permit.repository())?;
        if limit == 0 {
            return Ok(Names { items: Vec::new(), more: false });
        }
        let entries = self.engine.tag_timeline(&stream, tag.as_str(), span, limit.saturating_add(1))?;
        Ok(Names::cut(entries, limit))
    }
}
