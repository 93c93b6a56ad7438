use std::collections::BTreeMap;

use rusqlite::params;
use weir_image_api::StreamRef;
use weir_oci::Digest;
use weir_oci::documents::Referrer;

use crate::{Engine, Error, columns};

const AFTER: &str = "SELECT r.referrer, r.media_type, m.size, m.artifact_type, m.annotations \
     FROM name n JOIN revision r ON r.subject = n.id JOIN manifest m ON m.id = r.manifest \
     WHERE r.repository = ?1 AND n.name = ?2 AND r.referrer > ?3 AND r.state <> 'deleted' \
     ORDER BY r.referrer LIMIT ?4";

/// Bytes of annotations after which no more manifests are read at a time. Each may have as many as
/// its manifest has bytes.
const ANNOTATIONS: usize = 4 * 1024 * 1024;

#[cfg(test)]
pub(crate) const READS: &[&str] = &[AFTER];

impl Engine {
    /// The manifests of a repository that refer to `subject`, in the order of their digests, those
    /// after `after`: at most `limit`, fewer if their annotations are large, none only if there are no
    /// more. Neither the subject nor the repository has to exist.
    pub fn referrers(
        &self,
        stream: &StreamRef,
        subject: &Digest,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<Vec<Referrer>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(Vec::new()) };
        let after = after.map(Digest::to_string).unwrap_or_default();
        self.records().read(|connection| {
            let mut statement = connection.prepare_cached(AFTER)?;
            let mut rows =
                statement.query(params![repository, subject.to_string(), after, columns::limit(limit)])?;
            let (mut referrers, mut bytes) = (Vec::new(), 0);
            while bytes < ANNOTATIONS
                && let Some(row) = rows.next()?
            {
                let annotations: BTreeMap<String, String> = columns::json(row, 4)?;
                bytes += annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
                referrers.push(Referrer {
                    digest: columns::digest(row, 0)?,
                    media_type: columns::media_type(row, 1)?,
                    size: columns::unsigned(row, 2)?,
                    artifact_type: row.get(3)?,
                    annotations,
                });
            }
            Ok(referrers)
        })
    }
}
