//! The file with the key that secrets are encrypted with.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use weir_metadata::SecretKey;

/// Name of the file beside the records, if no other is named.
const NAME: &str = "secrets.key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// The file cannot be read or made.
    #[error("cannot {attempt} {}: {source}", .path.display())]
    File {
        /// What was attempted.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no key; a key is 64 hexadecimal digits", .0.display())]
    Malformed(PathBuf),
    /// Others may read it.
    #[error("{} can be read by others; chmod 600 mends that", .0.display())]
    Open(PathBuf),
}

/// Reads the key, and makes it if there is no file. A file that is named has to be there: a key that
/// was lost is not replaced in silence.
pub(super) fn key(data: &Path, named: Option<&Path>) -> Result<SecretKey, KeyFileError> {
    let path = named.map_or_else(|| data.join(NAME), Path::to_owned);
    match read(&path) {
        Err(KeyFileError::File { source, .. })
            if named.is_none() && source.kind() == io::ErrorKind::NotFound =>
        {
            make(data, &path)
        }
        read => read,
    }
}

fn read(path: &Path) -> Result<SecretKey, KeyFileError> {
    let failed = |attempt| {
        let path = path.to_owned();
        move |source| KeyFileError::File { attempt, path, source }
    };
    let text = fs::read_to_string(path).map_err(failed("read"))?;
    let mode = fs::metadata(path).map_err(failed("look at"))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(path.to_owned()));
    }
    let key = bytes_of(text.trim()).ok_or_else(|| KeyFileError::Malformed(path.to_owned()))?;
    Ok(SecretKey::new(key))
}

/// The file is whole and durable before it has its name: a key that is used is never lost to a power
/// cut.
fn make(data: &Path, path: &Path) -> Result<SecretKey, KeyFileError> {
    let failed = |source| KeyFileError::File { attempt: "make", path: path.to_owned(), source };
    let key = SecretKey::fresh();
    let draft = path.with_extension("key.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(failed)?;
    file.write_all(text_of(&key).as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&draft, path).map_err(failed)?;
    fs::File::open(data).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(SecretKey::new(key))
}

/// One line of hexadecimal digits.
fn text_of(key: &[u8; 32]) -> String {
    let mut text = String::with_capacity(65);
    for byte in key {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text + "\n"
}

fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let data = tempfile::tempdir().unwrap();
        let made = key(data.path(), None).unwrap();
        let file = data.path().join(NAME);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(key(data.path(), None).unwrap().id(), made.id());
        assert_eq!(key(Path::new("/nowhere"), Some(&file)).unwrap().id(), made.id());
        let other = tempfile::tempdir().unwrap();
        assert_ne!(key(other.path(), None).unwrap().id(), made.id());
    }

    #[test]
    fn a_file_that_will_not_do_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("k");
        assert!(matches!(key(data.path(), Some(&file)), Err(KeyFileError::File { .. })), "it is not there");
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(key(data.path(), Some(&file)), Err(KeyFileError::Malformed(_))), "{text:?}");
        }
        fs::write(&file, "0123456789abcdefABCDEF".repeat(3).get(..64).unwrap()).unwrap();
        assert!(key(data.path(), Some(&file)).is_ok());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(key(data.path(), Some(&file)), Err(KeyFileError::Open(_))));
    }
}
