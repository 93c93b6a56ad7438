use std::path::Path;

use serde_json::json;
use weir_image_api::core_v1::Secret;
use weir_registry::api::{Deletion, Gone, Refusal};
use weir_registry::view::{Page, ViewError};

use crate::desk::{Desk, edit, errors, object, only, parse, team};

/// What nobody may find in a file.
const PASSWORD: &str = "correct-horse-battery-staple";

fn secret(name: &str) -> Secret {
    parse(json!({"metadata": {"name": name}, "stringData": {"password": PASSWORD}}))
}

// kubernetes-api 2.4, 2.8; image-api 17
#[tokio::test]
async fn a_secret_is_made_changed_and_removed() {
    let desk = Desk::open().await;
    let version = desk.version();
    object(desk.dry_writer().create_secret(&desk.manage, &team(), secret("s")).await);
    assert_eq!(desk.version(), version);
    let nowhere = weir_image_api::Namespace::parse("nowhere").unwrap();
    let refused = desk.writer().create_secret(&desk.manage, &nowhere, secret("s")).await;
    assert!(matches!(refused, Err(Refusal::NamespaceNotFound(_))), "{refused:?}");

    let written = desk.writer().create_secret(&desk.manage, &team(), secret("s")).await.unwrap();
    assert!(written.made);
    assert_eq!(written.object.data.0["password"], PASSWORD.as_bytes());
    assert_eq!(desk.view().secret(&desk.manage, &team(), "s").unwrap(), written.object);
    let refused = desk.writer().create_secret(&desk.manage, &team(), secret("s")).await;
    assert!(matches!(refused, Err(Refusal::AlreadyExists { .. })), "{refused:?}");

    let retype = edit(|secret: &mut Secret| secret.r#type = "kubernetes.io/tls".to_owned());
    let (kind, text) = errors(desk.writer().update_secret(&desk.manage, &team(), "s", retype).await);
    assert_eq!(kind, "Secret");
    assert!(text.contains("field is immutable"), "{text}");
    let change = edit(|secret: &mut Secret| {
        secret.metadata.resource_version = None;
        secret.data.0.insert("user".to_owned(), b"me".to_vec());
    });
    let changed = object(desk.writer().update_secret(&desk.manage, &team(), "s", change).await);
    assert_eq!(changed.data.0.len(), 2);
    let version = desk.version();
    let same = edit(|_: &mut Secret| {});
    object(desk.writer().update_secret(&desk.manage, &team(), "s", same).await);
    assert_eq!(desk.version(), version);

    let refused = desk.writer().delete_secret(&desk.manage, &team(), "s", only("another")).await;
    assert!(matches!(refused, Err(Refusal::PreconditionFailed { kind: "Secret", .. })), "{refused:?}");
    let gone = desk.writer().delete_secret(&desk.manage, &team(), "s", Deletion::default()).await;
    assert!(matches!(gone, Ok(Gone::Removed(last)) if last == changed));
    assert!(matches!(desk.view().secret(&desk.manage, &team(), "s"), Err(ViewError::SecretNotFound)));
    let gone = desk.writer().delete_secret(&desk.manage, &team(), "s", Deletion::default()).await;
    assert!(matches!(gone, Err(Refusal::NotFound { .. })), "{gone:?}");
}

// image-api 113
#[tokio::test]
async fn pull_secrets_are_listed_apart() {
    let desk = Desk::open().await;
    let config: Secret = parse(json!({
        "metadata": {"name": "pull"}, "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": "{\"auths\":{}}"},
    }));
    for secret in [secret("s"), config] {
        desk.writer().create_secret(&desk.manage, &team(), secret).await.unwrap();
    }
    let all = desk.view().secrets(&desk.manage, Some(&team()), &Page::default()).unwrap();
    let names = |secrets: &[Secret]| -> Vec<String> {
        secrets.iter().map(|secret| secret.metadata.name.clone()).collect()
    };
    assert_eq!(names(&all.items), ["pull", "s"]);
    let listed = desk.view().secret_list(&desk.manage, &team()).unwrap();
    assert_eq!(names(&listed.items), ["pull"]);
}

#[tokio::test]
async fn no_file_holds_a_value() {
    let desk = Desk::open().await;
    desk.writer().create_secret(&desk.manage, &team(), secret("findable-name")).await.unwrap();
    let folder = desk.rig.folder();
    assert!(holds(folder, "findable-name"), "the search finds what is there");
    assert!(!holds(folder, PASSWORD));
    // As it would be on the wire.
    assert!(!holds(folder, "Y29ycmVjdC1ob3JzZS"));
}

/// Whether any file below a folder holds a text.
fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let content = std::fs::read(&path).unwrap();
        content.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

// kubernetes-api 6.3: a key that was lost does not keep a namespace for ever.
#[tokio::test]
async fn secrets_that_nobody_can_read_go_with_their_namespace() {
    let mut desk = Desk::open().await;
    desk.writer().create_secret(&desk.manage, &team(), secret("pull")).await.unwrap();
    desk.rig.registry.engine().close().await;
    let keyless = weir_metadata::Options::new("registry.test:5000");
    let engine = weir_metadata::Engine::open(desk.rig.folder(), keyless).unwrap();
    let (store, settings) = (desk.rig.registry.store().clone(), desk.rig.registry.settings().clone());
    let registry = weir_registry::Registry::new(store, engine, desk.rig.clock.clone(), settings);
    desk.rig.registry = std::sync::Arc::new(registry);
    desk.writer().delete_namespace(&desk.manage, "team", Deletion::default()).await.unwrap();
    desk.rig.registry.settle().await;
    assert!(matches!(desk.view().namespace("team"), Err(ViewError::NamespaceNotFound)));
}
