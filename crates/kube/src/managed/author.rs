//! Who writes, and when.

/// What is remembered of a write besides its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author<'a> {
    /// The field manager.
    pub(crate) manager: &'a str,
    /// The group and version that the fields are named in: `image.openshift.io/v1`.
    pub(crate) api_version: &'a str,
    /// The part of the object that was written to, if not the object itself.
    pub(crate) subresource: Option<&'a str>,
    /// The time of the write as objects show it: `2026-11-24T05:02:46Z`.
    pub(crate) now: &'a str,
}

/// Bytes in the name of a manager.
const NAME_BYTES: usize = 128;

/// The manager of a program that does not say what it is: without a name it could not give way to
/// another, or be told of a conflict.
const UNKNOWN: &str = "unknown";

/// The field manager of a request: what it says, or else the program that made it, which is what
/// its user agent starts with.
pub(crate) fn manager(field_manager: Option<&str>, user_agent: Option<&str>) -> String {
    if let Some(manager) = field_manager.filter(|manager| !manager.is_empty()) {
        return manager.to_owned();
    }
    let program = user_agent.and_then(|agent| agent.split('/').next()).unwrap_or_default();
    let mut name = String::new();
    for letter in program.chars().filter(|letter| !letter.is_control()) {
        if name.len() + letter.len_utf8() > NAME_BYTES {
            break;
        }
        name.push(letter);
    }
    if name.is_empty() { UNKNOWN.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    // kubernetes-api 126
    #[test]
    fn a_manager_names_itself_or_is_named_after_its_program() {
        let agent = Some("kubectl/v1.32.4 (linux/amd64) kubernetes/abc");
        assert_eq!(manager(Some("me"), agent), "me");
        assert_eq!(manager(Some(""), agent), "kubectl");
        assert_eq!(manager(None, agent), "kubectl");
        assert_eq!(manager(None, Some("cu\tr\u{7f}l")), "curl");
        assert_eq!(manager(None, None), "unknown");
        assert_eq!(manager(None, Some("/1.0")), "unknown");
        assert_eq!(manager(None, Some(&"é".repeat(100))), "é".repeat(64));
    }
}
