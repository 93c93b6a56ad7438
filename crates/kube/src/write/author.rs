//! Who writes, and with what: what a request says of itself.

use http::HeaderMap;
use http::header::USER_AGENT;
use weir_access::{Access, Identity, Pull};
use weir_registry::api::{Author, MayPull};

/// Most characters of the name of a program, as with pushes.
const MOST_CLIENT: usize = 256;

/// The author of the writes of one request, who has not yet said why.
pub(crate) fn author(access: &Access, identity: &Identity, headers: &HeaderMap) -> Author {
    let client = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let (access, puller) = (access.clone(), identity.clone());
    Author {
        identity: identity.clone(),
        client: client.map(|name| name.chars().take(MOST_CLIENT).collect()),
        reason: None,
        may_pull: MayPull::new(move |repository| {
            let allowed = access.authorize::<Pull>(&puller, repository.clone());
            allowed.map(drop).map_err(|denied| denied.to_string())
        }),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use weir_access::OpenTo;

    use super::*;

    #[test]
    fn a_request_names_its_program() {
        let mut headers = HeaderMap::new();
        let access = Access::open(OpenTo::Read);
        assert_eq!(author(&access, &Identity::anonymous(), &headers).client, None);
        headers.insert(USER_AGENT, HeaderValue::from_static("oc/4.20"));
        let author = author(&access, &Identity::anonymous(), &headers);
        assert_eq!(author.client.as_deref(), Some("oc/4.20"));
        let repository = weir_oci::RepositoryName::parse("a/b").unwrap();
        assert!(author.may_pull.check(&repository).is_ok());
    }
}
