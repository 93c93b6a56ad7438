use rusqlite::Connection;
use weir_image_api::ResourceVersion;

use crate::{Error, Listed, Page, columns};

/// Entries after a page are counted up to a tenth of what the page may hold, and up to this many after
/// a short one. Counting is a walk along the key, and it must cost little beside the page itself.
const COUNTED: i64 = 32;

/// The part of a list that a page asks for.
#[derive(Debug)]
pub(crate) struct Section<'p> {
    limit: Option<usize>,
    after: (&'p str, &'p str),
}

impl<'p> Section<'p> {
    pub(crate) fn of(page: &'p Page) -> Section<'p> {
        let after = page.after.as_ref().map_or(("", ""), |(namespace, name)| (namespace, name));
        Section { limit: page.limit, after }
    }

    pub(crate) fn after_namespace(&self) -> &'p str {
        self.after.0
    }

    pub(crate) fn after_name(&self) -> &'p str {
        self.after.1
    }

    /// Rows to read: one more than the page holds, to know whether it is the last.
    pub(crate) fn rows(&self) -> i64 {
        self.limit.map_or(i64::MAX, |limit| columns::limit(limit.saturating_add(1)))
    }

    /// The page from the rows that were read. `count` counts the entries after a key, up to a most.
    pub(crate) fn list<T>(
        &self,
        connection: &Connection,
        mut items: Vec<T>,
        key: impl FnOnce(&T) -> (String, String),
        count: impl FnOnce(&(String, String), i64) -> rusqlite::Result<i64>,
    ) -> Result<Listed<T>, Error> {
        let version = version(connection)?;
        let limit = self.limit.unwrap_or(usize::MAX);
        if items.len() <= limit {
            return Ok(Listed { items, version, next: None, remaining: None });
        }
        items.truncate(limit);
        let next = items.last().map(key);
        let remaining = match &next {
            Some(last) => {
                let most = columns::limit(limit / 10).max(COUNTED);
                Some(count(last, most.saturating_add(1))?).filter(|count| *count <= most)
            }
            None => None,
        };
        Ok(Listed { items, version, next, remaining: remaining.map(i64::cast_unsigned) })
    }
}

/// The version of the database that a snapshot shows.
pub(crate) fn version(connection: &Connection) -> Result<ResourceVersion, Error> {
    let mut statement = connection.prepare_cached("SELECT version FROM sequence WHERE id = 1")?;
    Ok(ResourceVersion(statement.query_row([], |row| columns::unsigned(row, 0))?))
}
