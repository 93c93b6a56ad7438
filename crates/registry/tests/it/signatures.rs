use serde_json::json;
use weir_access::{Access, Identity, OpenTo, Permit, Pull};
use weir_image_api::ImageSignature;
use weir_oci::{Digest, RepositoryName};
use weir_registry::api::Refusal;

use crate::desk::{Desk, errors, object, parse};

fn signature(name: &str, content: &str) -> ImageSignature {
    parse(json!({
        "metadata": {"name": name}, "type": "AtomicImageV1", "content": content, "imageIdentity": "forged",
    }))
}

// image-api 99, 100, 101, 102, 103
#[tokio::test]
async fn a_signature_is_added_once() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    let name = format!("{digest}@first");
    let made = object(desk.writer().create_signature(&desk.manage, signature(&name, "AAEC")).await);
    assert_eq!(made.image_identity, "");
    let kept = desk.view().signatures(&digest).unwrap();
    assert_eq!(kept, [made]);
    assert_eq!(desk.view().image(&digest).unwrap().signatures, kept);

    let version = desk.version();
    for (name, content) in [(name.clone(), "BBBB"), (format!("{digest}@second"), "AAEC")] {
        let refused = desk.writer().create_signature(&desk.manage, signature(&name, content)).await;
        let Err(Refusal::AlreadyExists { resource: Some("imageSignatures"), name: taken, .. }) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(taken, name);
    }
    let refused = desk.writer().create_signature(&desk.manage, signature("none@first", "AAEC")).await;
    let Err(Refusal::NotFound { resource: Some("images"), name }) = refused else { panic!("{refused:?}") };
    assert_eq!(name, "none");
    for bad in ["first", "a@b@c"] {
        let (kind, text) = errors(desk.writer().create_signature(&desk.manage, signature(bad, "AAEC")).await);
        assert_eq!(kind, "ImageSignature");
        assert!(text.contains("name must be of format <imageName>@<signatureName>"), "{text}");
    }
    assert_eq!(desk.version(), version);
}

// image-api 105, 21
#[tokio::test]
async fn a_signature_is_removed_alone() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    for (name, content) in [("a", vec![1]), ("b", vec![2])] {
        let name = format!("{digest}@{name}");
        desk.writer().sign(&desk.manage, name, "AtomicImageV1".to_owned(), content).await.unwrap();
    }
    let name = format!("{digest}@a");
    desk.dry_writer().delete_signature(&desk.manage, &name).await.unwrap();
    desk.writer().delete_signature(&desk.manage, &name).await.unwrap();
    let left = desk.view().signatures(&digest).unwrap();
    assert_eq!(left.iter().map(|s| s.metadata.name.as_str()).collect::<Vec<_>>(), [format!("{digest}@b")]);

    let refused = desk.writer().delete_signature(&desk.manage, &name).await;
    assert!(
        matches!(refused, Err(Refusal::NotFound { resource: Some("imageSignatures"), .. })),
        "{refused:?}"
    );
    let refused = desk.writer().delete_signature(&desk.manage, "none@a").await;
    assert!(matches!(refused, Err(Refusal::NotFound { resource: Some("images"), .. })), "{refused:?}");
    let refused = desk.writer().delete_signature(&desk.manage, "none").await;
    let Err(Refusal::BadRequest(text)) = refused else { panic!("{refused:?}") };
    assert_eq!(text, "ImageSignatures must be accessed with <imageName>@<signatureName>");
}

// integrated-registry 4.1
#[tokio::test]
async fn who_may_pull_an_image_may_see_its_signatures() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    let digest = Digest::parse(&digest).unwrap();
    let permit = |name: &str| -> Permit<Pull> {
        let repository = RepositoryName::parse(name).unwrap();
        Access::open(OpenTo::Read).authorize(&Identity::anonymous(), repository).unwrap()
    };
    assert_eq!(desk.rig.registry.signatures(&permit("team/app"), &digest).unwrap(), []);
    let (name, content) = (format!("{digest}@a"), vec![1, 2]);
    desk.writer().sign(&desk.manage, name, "AtomicImageV1".to_owned(), content.clone()).await.unwrap();
    let signatures = desk.rig.registry.signatures(&permit("team/app"), &digest).unwrap();
    assert_eq!(signatures[0].content.0, content);
    desk.push("other", "v1", "two").await;
    assert!(desk.rig.registry.signatures(&permit("team/other"), &digest).is_err());
}
