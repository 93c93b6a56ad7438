use bytes::Bytes;
use rusqlite::{OptionalExtension, Row, params};
use weir_image_api::StreamRef;
use weir_oci::{Digest, UploadId};

use crate::{Engine, Error, UploadRow, UploadState, columns};

const BY_ID: &str = "SELECT id, namespace, name, identity, started_ms, used_ms, state, complete, since \
                     FROM upload WHERE id = ?1";

const IDLE: &str = "SELECT id, namespace, name, identity, started_ms, used_ms, state, complete, since \
                    FROM upload WHERE used_ms < ?1 OR started_ms < ?2 LIMIT 1000";

const IDS: &str = "SELECT id FROM upload WHERE id > ?1 AND complete IS NULL ORDER BY id";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_ID, IDLE, IDS];

impl Engine {
    /// Keeps where an open upload session stands. Sessions have a file of their own, written without
    /// a flush: they survive the end of the process, and a power cut may take them.
    pub async fn save_upload(&self, upload: UploadRow) -> Result<(), Error> {
        self.uploads()
            .writer()
            .write(move |transaction| {
                let (state, complete) = match &upload.state {
                    UploadState::Open(state) => (Some(state.as_ref()), None),
                    UploadState::Complete(digest) => (None, Some(digest.to_string())),
                };
                transaction.execute(
                    "INSERT INTO upload (id, namespace, name, identity, started_ms, used_ms, state, complete, since) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                     ON CONFLICT (id) DO UPDATE SET used_ms = excluded.used_ms, state = excluded.state, \
                     complete = excluded.complete",
                    params![
                        upload.id.to_string(),
                        upload.stream.namespace.as_str(),
                        upload.stream.name.as_str(),
                        upload.identity,
                        columns::ms(upload.started_ms),
                        columns::ms(upload.used_ms),
                        state,
                        complete,
                        upload.since.cast_signed(),
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Leaves of a session only the digest of the blob it became. Nothing happens if it has no row.
    pub async fn complete_upload(&self, id: UploadId, digest: Digest, now_ms: u64) -> Result<(), Error> {
        self.uploads()
            .writer()
            .write(move |transaction| {
                transaction.execute(
                    "UPDATE upload SET state = NULL, complete = ?2, used_ms = ?3 WHERE id = ?1",
                    params![id.to_string(), digest.to_string(), columns::ms(now_ms)],
                )?;
                Ok(())
            })
            .await
    }

    /// Forgets a session. Nothing happens if there is none.
    pub async fn remove_upload(&self, id: UploadId) -> Result<(), Error> {
        self.uploads()
            .writer()
            .write(move |transaction| {
                transaction.execute("DELETE FROM upload WHERE id = ?1", [id.to_string()])?;
                Ok(())
            })
            .await
    }

    /// Forgets the sessions of repositories that were opened before a version.
    pub(crate) async fn end_uploads(&self, streams: Vec<StreamRef>, version: u64) -> Result<(), Error> {
        self.uploads()
            .writer()
            .write(move |transaction| {
                for stream in &streams {
                    transaction.execute(
                        "DELETE FROM upload WHERE namespace = ?1 AND name = ?2 AND since < ?3",
                        params![stream.namespace.as_str(), stream.name.as_str(), version.cast_signed()],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// A session, open or complete.
    pub fn upload(&self, id: UploadId) -> Result<Option<UploadRow>, Error> {
        self.uploads().read(|connection| {
            let mut statement = connection.prepare_cached(BY_ID)?;
            Ok(statement.query_row([id.to_string()], read).optional()?)
        })
    }

    /// Sessions last used before one time or opened before another; a thousand at most, since each
    /// may hold 64 KiB.
    pub fn expired_uploads(&self, used_ms: u64, started_ms: u64) -> Result<Vec<UploadRow>, Error> {
        self.uploads().read(|connection| {
            let mut statement = connection.prepare_cached(IDLE)?;
            let rows = statement.query_map(params![columns::ms(used_ms), columns::ms(started_ms)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Names of all open sessions: the staging files of any other may go.
    pub fn open_uploads(&self) -> Result<Vec<UploadId>, Error> {
        self.uploads().read(|connection| {
            let mut statement = connection.prepare_cached(IDS)?;
            let ids = statement.query_map([""], |row| columns::parsed(row, 0, UploadId::parse))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<UploadRow> {
    let state = match row.get::<_, Option<Vec<u8>>>(6)? {
        Some(state) => UploadState::Open(Bytes::from(state)),
        None => UploadState::Complete(columns::digest(row, 7)?),
    };
    Ok(UploadRow {
        id: columns::parsed(row, 0, UploadId::parse)?,
        stream: columns::stream(row, 1)?,
        identity: row.get(3)?,
        started_ms: columns::unsigned(row, 4)?,
        used_ms: columns::unsigned(row, 5)?,
        since: columns::unsigned(row, 8)?,
        state,
    })
}
