use crate::sqlite::Transaction;

const BY_NAME: &str = "SELECT id FROM name WHERE name = ?1";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME];

/// The number of a digest or an Image's name, by which everything else is keyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) id: i64,
    /// This write gave the number, so no row of another one has it.
    pub(crate) fresh: bool,
}

/// The number of a name, if it has one.
pub(crate) fn find(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<Option<i64>> {
    transaction.row(BY_NAME, [name], |row| row.get(0))
}

/// The number of a name, the next one if it has none.
pub(crate) fn intern(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<Name> {
    if let Some(id) = find(transaction, name)? {
        return Ok(Name { id, fresh: false });
    }
    transaction.execute("INSERT INTO name (name) VALUES (?1)", [name])?;
    Ok(Name { id: transaction.connection().last_insert_rowid(), fresh: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Error, Options};

    async fn number(engine: &Engine, name: &'static str) -> Name {
        let write = move |transaction: &mut Transaction<'_>| Ok::<_, Error>(intern(transaction, name)?);
        engine.records().writer().write(write).await.unwrap()
    }

    #[tokio::test]
    async fn a_name_keeps_its_number_and_later_names_have_higher_ones() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), Options::new("")).unwrap();
        let first = number(&engine, "sha256:ff").await;
        // An Image may be called anything.
        let second = number(&engine, "anything").await;
        let refused = engine.records().writer().write(|transaction| {
            intern(transaction, "lost")?;
            Err::<(), _>(Error::Busy)
        });
        refused.await.unwrap_err();
        let third = number(&engine, "lost").await;
        assert!(first.fresh && second.fresh && third.fresh, "what is undone gave no number");
        assert!(first.id < second.id && second.id < third.id);
        assert_eq!(number(&engine, "sha256:ff").await, Name { fresh: false, ..first });
        assert_eq!(number(&engine, "anything").await, Name { fresh: false, ..second });
    }
}
