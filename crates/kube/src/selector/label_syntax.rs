//! What a label key and a label value may look like, and the words that say so.

const NAME_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
     an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
     '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
     '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
     used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
     or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_BYTES: usize = 63;
const SUBDOMAIN_BYTES: usize = 253;

/// What is wrong with a label key; nothing when it is well formed.
pub(super) fn key_faults(key: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let name = match key.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        ["", name] => {
            faults.push("prefix part must be non-empty".to_owned());
            name
        }
        [prefix, name] => {
            if prefix.len() > SUBDOMAIN_BYTES {
                faults.push(format!("prefix part must be no more than {SUBDOMAIN_BYTES} characters"));
            }
            if !prefix.split('.').all(is_dns_label) {
                faults.push(format!("prefix part {SUBDOMAIN_RULE}"));
            }
            name
        }
        _ => {
            return vec![format!(
                "a qualified name {NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        faults.push("name part must be non-empty".to_owned());
    } else if name.len() > NAME_BYTES {
        faults.push(format!("name part must be no more than {NAME_BYTES} characters"));
    }
    if !is_name(name) {
        faults.push(format!("name part {NAME_RULE}"));
    }
    faults
}

/// What is wrong with a label value; nothing when it is well formed.
pub(super) fn value_faults(value: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if value.len() > NAME_BYTES {
        faults.push(format!("must be no more than {NAME_BYTES} characters"));
    }
    if !(value.is_empty() || is_name(value)) {
        faults.push(VALUE_RULE.to_owned());
    }
    faults
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn is_dns_label(text: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for good in ["a", "A.b_c-9", "example.com/MyName", &"x".repeat(63)] {
            assert_eq!(key_faults(good), Vec::<String>::new(), "{good}");
        }
        for (bad, starts) in [
            ("", vec!["name part must be non-empty", "name part must consist"]),
            ("-a", vec!["name part must consist"]),
            ("/a", vec!["prefix part must be non-empty"]),
            ("Upper.com/a", vec!["prefix part a lowercase RFC 1123 subdomain"]),
            ("a/b/c", vec!["a qualified name must consist"]),
            (&"x".repeat(64), vec!["name part must be no more than 63 characters"]),
        ] {
            let faults = key_faults(bad);
            assert_eq!(faults.len(), starts.len(), "{bad}: {faults:?}");
            for (fault, start) in faults.iter().zip(starts) {
                assert!(fault.starts_with(start), "{bad}: {fault}");
            }
        }
    }

    #[test]
    fn values() {
        for (value, faults) in [("", 0), ("a.b", 0), ("a b", 1), ("-", 1), (&"x".repeat(64), 1)] {
            assert_eq!(value_faults(value).len(), faults, "{value}");
        }
    }
}
