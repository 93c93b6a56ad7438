use std::fmt;

use uuid::Uuid;

/// The text names no upload session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an upload session is named by a UUID")]
pub struct UploadIdError;

/// Name of a blob upload session: 122 random bits, so that it cannot be guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(Uuid);

impl UploadId {
    /// A fresh name.
    pub fn random() -> UploadId {
        UploadId(Uuid::new_v4())
    }

    /// Parses the one spelling this registry hands out: lower case with hyphens.
    pub fn parse(text: &str) -> Result<UploadId, UploadIdError> {
        let id = UploadId(Uuid::try_parse(text).map_err(|_| UploadIdError)?);
        if id.to_string() == text { Ok(id) } else { Err(UploadIdError) }
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_names_a_session() {
        let id = UploadId::random();
        assert_eq!(UploadId::parse(&id.to_string()), Ok(id));
        assert_eq!(UploadId::parse(&id.to_string().to_uppercase()), Err(UploadIdError));
        assert_eq!(UploadId::parse(&id.to_string().replace('-', "")), Err(UploadIdError));
        assert_eq!(UploadId::parse("../../etc/passwd"), Err(UploadIdError));
    }
}
