/// What clients are told about a text that is no DNS label.
pub(super) const DNS_LABEL_DETAIL: &str = "a lowercase RFC 1123 label must consist of lower case \
    alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. \
    'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_SUBDOMAIN_DETAIL: &str = "a lowercase RFC 1123 subdomain must consist of lower case \
    alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
    'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_PART_DETAIL: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must \
    start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex \
    used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// The most characters a DNS label, or one part of a qualified name, has.
const MAX_LABEL: usize = 63;
/// The most characters a DNS subdomain has.
const MAX_SUBDOMAIN: usize = 253;

/// What is wrong with a name that stands in a path.
pub fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"]
        .into_iter()
        .filter(|illegal| name.contains(illegal))
        .map(|illegal| format!("may not contain '{illegal}'"))
        .collect()
}

/// What is wrong with a DNS subdomain, as secrets and service accounts are named.
pub fn dns_subdomain(name: &str) -> Vec<String> {
    let mut details = too_long(name, MAX_SUBDOMAIN);
    if !name.split('.').all(is_dns_label) {
        details.push(DNS_SUBDOMAIN_DETAIL.to_owned());
    }
    details
}

/// What is wrong with a name that may have a domain in front, as keys of labels have.
pub fn qualified_name(name: &str) -> Vec<String> {
    let (prefix, name) = match name.split_once('/') {
        Some((_, rest)) if rest.contains('/') => {
            return vec![format!(
                "a qualified name {NAME_PART_DETAIL} with an optional DNS subdomain prefix and '/' \
                 (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, name),
    };
    let mut details = match prefix {
        None => Vec::new(),
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => {
            dns_subdomain(prefix).into_iter().map(|detail| format!("prefix part {detail}")).collect()
        }
    };
    if name.is_empty() {
        details.push("name part must be non-empty".to_owned());
    }
    details.extend(too_long(name, MAX_LABEL).into_iter().map(|detail| format!("name part {detail}")));
    if !is_name_part(name) {
        details.push(format!("name part {NAME_PART_DETAIL}"));
    }
    details
}

pub(super) fn too_long(text: &str, max: usize) -> Vec<String> {
    if text.len() > max { vec![format!("must be no more than {max} characters")] } else { Vec::new() }
}

/// Letters and digits, and between them `-`, `_` and `.` as well.
pub(super) fn is_name_part(text: &str) -> bool {
    is_bounded_run(text, |byte| byte.is_ascii_alphanumeric(), b"-_.")
}

fn is_dns_label(text: &str) -> bool {
    is_bounded_run(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(), b"-")
}

fn is_bounded_run(text: &str, outer: fn(u8) -> bool, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let ends_well = |byte: Option<&u8>| byte.copied().is_some_and(outer);
    ends_well(bytes.first())
        && ends_well(bytes.last())
        && bytes.iter().all(|byte| outer(*byte) || inner.contains(byte))
}
