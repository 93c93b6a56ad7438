use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use weir_oci::Digest;

use crate::Error;

/// The steps that make a kind of file what this program expects.
#[derive(Debug)]
pub(crate) struct Schema {
    /// What the header of the file says it is.
    application_id: i32,
    steps: &'static [&'static str],
}

/// Everything but upload sessions. The id spells "WEIR".
pub(crate) const RECORDS: Schema =
    Schema { application_id: 0x5745_4952, steps: &[include_str!("migrations/records/0001_records.sql")] };

/// Upload sessions. The id spells "WEIU".
pub(crate) const UPLOADS: Schema =
    Schema { application_id: 0x5745_4955, steps: &[include_str!("migrations/uploads/0001_uploads.sql")] };

const STEP_TABLE: &str = "
    CREATE TABLE schema_step (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) STRICT";

impl Schema {
    /// Brings a file to the newest schema, each step in a transaction of its own, so that a crash
    /// in between leaves a file the next start goes on with.
    pub(super) fn apply(&self, connection: &mut Connection, path: &Path) -> Result<(), Error> {
        let known = u32::try_from(self.steps.len()).expect("a schema has few steps");
        let found = self.identify(connection, path)?;
        if found > known {
            return Err(Error::NewerSchema { path: path.to_owned(), found, known });
        }
        for (number, sql) in (1..).zip(self.steps) {
            if number <= found {
                check_step(connection, path, number, sql)?;
            } else {
                self.apply_step(connection, number, sql).map_err(Error::database("a step of its schema"))?;
            }
        }
        Ok(())
    }

    /// The schema of the file; 0 for an empty one.
    fn identify(&self, connection: &Connection, path: &Path) -> Result<u32, Error> {
        let read = |setting| {
            connection
                .pragma_query_value(None, setting, |row| row.get::<_, i32>(0))
                .map_err(Error::database(setting))
        };
        let application_id = read("application_id")?;
        let version = read("user_version")?;
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(Error::database("to be read"))?;
        let empty = application_id == 0 && version == 0 && tables == 0;
        if !empty && application_id != self.application_id {
            return Err(Error::Foreign { path: path.to_owned(), found: application_id });
        }
        u32::try_from(version).map_err(|_| Error::Foreign { path: path.to_owned(), found: application_id })
    }

    fn apply_step(&self, connection: &mut Connection, number: u32, sql: &str) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if number == 1 {
            transaction.pragma_update(None, "application_id", self.application_id)?;
            transaction.execute_batch(STEP_TABLE)?;
        }
        transaction.execute_batch(sql)?;
        transaction.execute(
            "INSERT INTO schema_step (number, checksum) VALUES (?1, ?2)",
            params![number, checksum(sql)],
        )?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()
    }
}

fn check_step(connection: &Connection, path: &Path, number: u32, sql: &str) -> Result<(), Error> {
    let applied: Option<String> = connection
        .query_row("SELECT checksum FROM schema_step WHERE number = ?1", [number], |row| row.get(0))
        .optional()
        .map_err(Error::database("its schema steps to be read"))?;
    if applied.as_deref() == Some(checksum(sql).as_str()) {
        Ok(())
    } else {
        Err(Error::ChangedStep { path: path.to_owned(), step: number })
    }
}

fn checksum(sql: &str) -> String {
    Digest::sha256(sql.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connection::{Role, Synchronous, open};

    struct File {
        dir: tempfile::TempDir,
    }

    impl File {
        fn new() -> File {
            File { dir: tempfile::tempdir().unwrap() }
        }

        fn open(&self) -> Connection {
            open(&self.path(), Role::Writer, Synchronous::Full).unwrap()
        }

        fn path(&self) -> std::path::PathBuf {
            self.dir.path().join("x.sqlite")
        }

        fn apply(&self, schema: &Schema) -> Result<(), Error> {
            schema.apply(&mut self.open(), &self.path())
        }
    }

    #[test]
    fn both_schemas_apply_and_apply_again() {
        for schema in [RECORDS, UPLOADS] {
            let file = File::new();
            file.apply(&schema).unwrap();
            file.apply(&schema).unwrap();
            let steps: u32 =
                file.open().query_row("SELECT count(*) FROM schema_step", [], |row| row.get(0)).unwrap();
            assert_eq!(steps as usize, schema.steps.len());
        }
    }

    #[test]
    fn every_foreign_key_has_an_index_to_find_its_referrers_by() {
        // reliability SQ-16: without one, removing a row reads whole tables.
        let file = File::new();
        file.apply(&RECORDS).unwrap();
        let connection = file.open();
        let mut keys = connection
            .prepare(
                "SELECT t.name, k.\"from\", k.on_delete FROM sqlite_schema t, pragma_foreign_key_list(t.name) k \
                 WHERE t.type = 'table'",
            )
            .unwrap();
        let keys: Vec<(String, String, String)> = keys
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(keys.len() > 10, "{keys:?}");
        for (table, column, on_delete) in keys {
            assert_eq!(on_delete, "RESTRICT", "{table}.{column}");
            let plan: String = connection
                .query_row(
                    &format!("EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 1"),
                    [],
                    |row| row.get(3),
                )
                .unwrap();
            assert!(plan.starts_with("SEARCH"), "{table}.{column}: {plan}");
        }
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_at_the_step_before() {
        // reliability 138
        let broken = Schema {
            application_id: RECORDS.application_id,
            steps: &["CREATE TABLE a (x INTEGER) STRICT", "CREATE TABLE b (x INTEGER) STRICT; nonsense"],
        };
        let repaired = Schema {
            application_id: RECORDS.application_id,
            steps: &["CREATE TABLE a (x INTEGER) STRICT", "CREATE TABLE b (x INTEGER) STRICT"],
        };
        let file = File::new();
        assert!(matches!(file.apply(&broken), Err(Error::Database { .. })));
        file.apply(&repaired).unwrap();
        file.open().execute("INSERT INTO b VALUES (1)", []).unwrap();
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let file = File::new();
        file.open().execute_batch("CREATE TABLE cookies (x)").unwrap();
        assert!(matches!(file.apply(&RECORDS), Err(Error::Foreign { found: 0, .. })));

        let file = File::new();
        file.apply(&UPLOADS).unwrap();
        assert!(matches!(file.apply(&RECORDS), Err(Error::Foreign { found: 0x5745_4955, .. })));
    }

    #[test]
    fn a_file_of_a_later_program_is_refused() {
        let file = File::new();
        file.apply(&RECORDS).unwrap();
        file.open().pragma_update(None, "user_version", 99).unwrap();
        let error = file.apply(&RECORDS).unwrap_err();
        assert!(matches!(error, Error::NewerSchema { found: 99, known: 1, .. }), "{error}");
    }

    #[test]
    fn a_step_in_another_wording_is_refused() {
        let file = File::new();
        file.apply(&RECORDS).unwrap();
        file.open().execute("UPDATE schema_step SET checksum = 'x'", []).unwrap();
        assert!(matches!(file.apply(&RECORDS), Err(Error::ChangedStep { step: 1, .. })));
    }
}
