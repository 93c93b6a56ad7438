use serde::{Deserialize, Serialize};

use crate::core_v1::Secret;
use crate::meta::{Kind, ListMeta};
use crate::wire::nullable;

/// Annotation of secrets that no image is to be pulled with.
pub const EXCLUDE_SECRET: &str = "openshift.io/image.excludeSecret";

/// The secrets that the images of a namespace are pulled with (image-api 9).
///
/// It is a list of another group than its items, so it says of itself what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretList {
    /// About the list.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ListMeta,
    /// The secrets, values included.
    #[serde(deserialize_with = "nullable")]
    pub items: Vec<Secret>,
}

impl SecretList {
    /// The pull secrets among the secrets of a namespace.
    pub fn of(metadata: ListMeta, secrets: impl IntoIterator<Item = Secret>) -> SecretList {
        SecretList { metadata, items: secrets.into_iter().filter(is_pull_secret).collect() }
    }
}

/// Whether images are pulled with it.
fn is_pull_secret(secret: &Secret) -> bool {
    let excluded = secret.metadata.annotations.get(EXCLUDE_SECRET).is_some_and(|value| value == "true");
    !excluded && [Secret::DOCKERCFG, Secret::DOCKERCONFIGJSON].contains(&secret.r#type.as_str())
}

impl Kind for SecretList {
    const KIND: &'static str = "SecretList";
    const API_VERSION: &'static str = crate::API_VERSION;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    fn secret(name: &str, secret_type: &str, exclude: Option<&str>) -> Secret {
        let mut secret = Secret { r#type: secret_type.to_owned(), ..Secret::default() };
        secret.metadata.name = name.to_owned();
        if let Some(value) = exclude {
            secret.metadata.annotations.insert(EXCLUDE_SECRET.to_owned(), value.to_owned());
        }
        secret
    }

    // image-api 113, 114
    #[test]
    fn pull_secrets_only() {
        let secrets = [
            secret("old", "kubernetes.io/dockercfg", None),
            secret("new", "kubernetes.io/dockerconfigjson", None),
            secret("hidden", "kubernetes.io/dockerconfigjson", Some("true")),
            secret("shown", "kubernetes.io/dockerconfigjson", Some("false")),
            secret("opaque", "Opaque", None),
            secret("tls", "kubernetes.io/tls", None),
        ];
        let list = SecretList::of(ListMeta::default(), secrets);
        let names: Vec<_> = list.items.iter().map(|secret| secret.metadata.name.as_str()).collect();
        assert_eq!(names, ["old", "new", "shown"]);
        assert_eq!(
            serde_json::to_string(&Typed::of(&SecretList { items: list.items[..1].to_vec(), ..list }))
                .unwrap(),
            concat!(
                r#"{"kind":"SecretList","apiVersion":"image.openshift.io/v1","metadata":{},"#,
                r#""items":[{"metadata":{"name":"old"},"type":"kubernetes.io/dockercfg"}]}"#
            )
        );
    }
}
