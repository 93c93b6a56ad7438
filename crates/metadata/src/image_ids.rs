//! Images that are asked for by the beginning of their names (image-api 3.4).
//!
//! The names are walked from there, and of each it is asked whether it is one of those in question. So
//! the cost grows neither with the images of a stream nor with those of the registry.

use rusqlite::{Connection, OptionalExtension, params};
use weir_image_api::stream_image::{self, Match};
use weir_oci::Algorithm;

use crate::{Error, columns};

const BY_NAME: &str = "SELECT id FROM name WHERE name = ?1";

const FROM: &str = "SELECT id, name FROM name WHERE name >= ?1 ORDER BY name LIMIT ?2";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME, FROM];

/// Names that are looked at for one id. Six digits of a hash fit one image among sixteen million.
const CANDIDATES: usize = 1000;

/// What an id means among the names that `is_one` says yes to. None if so many names begin like this
/// that this cannot be told by a look at some of them; and where it means several, and so many names
/// begin like this, not all of them are said.
pub(crate) fn find(
    connection: &Connection,
    id: &str,
    mut is_one: impl FnMut(i64, &str) -> Result<bool, Error>,
) -> Result<Option<Match>, Error> {
    let exact = connection.prepare_cached(BY_NAME)?.query_row([id], |row| row.get(0)).optional()?;
    if let Some(number) = exact
        && is_one(number, id)?
    {
        return Ok(Some(Match::One(id.to_owned())));
    }
    let mut left = CANDIDATES;
    let mut found = Vec::new();
    for start in starts(id) {
        let mut statement = connection.prepare_cached(FROM)?;
        let mut rows = statement.query(params![start, columns::limit(left + 1)])?;
        while let Some(row) = rows.next()? {
            let name = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            if !name.starts_with(&start) {
                break;
            }
            if left == 0 {
                // Two of them are enough to know that it is not one.
                return Ok((found.len() > 1).then(|| among(&found, id)));
            }
            left -= 1;
            if stream_image::matches(name, id) && is_one(row.get(0)?, name)? {
                found.push(name.to_owned());
            }
        }
    }
    Ok(Some(among(&found, id)))
}

fn among(names: &[String], id: &str) -> Match {
    stream_image::find(names.iter().map(String::as_str), id)
}

/// How a name that `id` is the start of may start.
fn starts(id: &str) -> Vec<String> {
    let mut starts = vec![id.to_owned()];
    if id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        starts.extend([Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| format!("{algorithm}:{id}")));
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Options, names};

    async fn engine(names: Vec<String>) -> (Engine, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), Options::new("")).unwrap();
        let write = move |transaction: &mut crate::sqlite::Transaction<'_>| {
            for name in &names {
                names::intern(transaction, name)?;
            }
            Ok::<_, Error>(())
        };
        engine.records().writer().write(write).await.unwrap();
        (engine, dir)
    }

    /// What an id means among the names that hold `part`, and how many were looked at.
    fn look(engine: &Engine, id: &str, part: &str) -> (Option<Match>, usize) {
        let mut looked = 0;
        let found = engine.records().read(|connection| {
            find(connection, id, |_, name| {
                looked += 1;
                Ok(name.contains(part))
            })
        });
        (found.unwrap(), looked)
    }

    // image-api 142, 144: the rule itself is that of `stream_image::find`.
    #[tokio::test]
    async fn the_walk_finds_what_the_rule_finds_among_all_names() {
        let mut names: Vec<String> =
            ["", "odd", "odder", "ab", "sha256:", "sha256:abx", "sha256:zz", "sha512"]
                .map(str::to_owned)
                .to_vec();
        names.extend(["ab1", "ab2", "b", "f"].map(|start| format!("sha256:{start:0<64}")));
        names.extend(["ab1", "ab3"].map(|start| format!("sha512:{start:0<128}")));
        let (engine, _dir) = engine(names.clone()).await;
        let digest = names[8].clone();
        for id in [
            "o",
            "odd",
            "odde",
            "a",
            "ab",
            "ab1",
            "ab2",
            "ab3",
            "b",
            "sha",
            "sha256:",
            "sha256:ab",
            "sha256:abx",
            "sha512:",
            "x",
            "AB",
            "z",
            "sha256:f",
            "b1",
            &digest,
        ] {
            for part in ["", "sha256", "odd", "2", "ab1"] {
                let all = names.iter().filter(|name| name.contains(part)).map(String::as_str);
                assert_eq!(look(&engine, id, part).0, Some(stream_image::find(all, id)), "{id} {part}");
            }
        }
    }

    #[tokio::test]
    async fn the_cost_does_not_grow_with_the_names() {
        let mut names: Vec<String> = (0..CANDIDATES * 3).map(|n| format!("sha256:{n:064x}")).collect();
        names.push(format!("sha256:{:064x}", u64::MAX));
        let (engine, _dir) = engine(names.clone()).await;
        assert_eq!(look(&engine, &names[7], ""), (Some(Match::One(names[7].clone())), 1));
        let short = &names[CANDIDATES * 3][..58];
        assert_eq!(look(&engine, short, ""), (Some(Match::One(names[CANDIDATES * 3].clone())), 1));
        let (many, looked) = look(&engine, "sha256:", "");
        assert!(matches!(many, Some(Match::Ambiguous(names)) if names.len() == CANDIDATES));
        assert_eq!(looked, CANDIDATES);
        assert_eq!(look(&engine, "0", "nothing"), (None, CANDIDATES), "somebody else has to look");
    }
}
