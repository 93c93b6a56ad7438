use serde_json::json;
use weir_image_api::Image;
use weir_registry::api::{Deletion, Gone, Refusal};
use weir_registry::view::ViewError;

use crate::desk::{Desk, edit, errors, object, parse, put, stream};

fn image(name: &str) -> Image {
    parse(json!({"metadata": {"name": name}, "dockerImageReference": "quay.io/x/y:1"}))
}

// image-api 80, 94, 21
#[tokio::test]
async fn an_image_is_made_once() {
    let desk = Desk::open().await;
    let (kind, text) = errors(
        desk.writer().create_image(&desk.manage, parse(json!({"metadata": {"name": "sha256:a"}}))).await,
    );
    assert_eq!((kind, text.as_str()), ("Image", "dockerImageReference: Required value"));
    let version = desk.version();
    let tried = object(desk.dry_writer().create_image(&desk.manage, image("sha256:a")).await);
    assert_eq!((tried.metadata.resource_version, desk.version()), (None, version));

    let written = desk.writer().create_image(&desk.manage, image("sha256:a")).await.unwrap();
    assert!(written.made);
    assert!(!written.object.metadata.uid.is_empty());
    assert_eq!(desk.view().image("sha256:a").unwrap(), written.object);
    let refused = desk.writer().create_image(&desk.manage, image("sha256:a")).await;
    let Err(Refusal::AlreadyExists { name, terminating: false, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(name, "sha256:a");
}

// image-api 91, 93, 12, 13
#[tokio::test]
async fn what_follows_from_the_manifest_cannot_be_changed() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    let before = desk.view().image(&digest).unwrap();
    let version = desk.version();
    let forge = edit(|image: &mut Image| image.docker_image_layers.clear());
    let same = object(desk.writer().update_image(&desk.manage, &digest, forge).await);
    assert_eq!((&same, desk.version()), (&before, version));
    let label = edit(|image: &mut Image| {
        image.metadata.labels.insert("a".to_owned(), "b".to_owned());
    });
    let labelled = object(desk.writer().update_image(&desk.manage, &digest, label).await);
    assert_eq!(labelled.metadata.labels["a"], "b");
    assert_eq!(desk.view().image(&digest).unwrap(), labelled);
    // A new label is no new image.
    assert_eq!(desk.pull("team/app", "v1").await, Ok(digest.clone()));

    let refused = desk.writer().update_image(&desk.manage, &digest, put(before.clone())).await;
    let Err(Refusal::Conflict { why, .. }) = refused else { panic!("{refused:?}") };
    assert!(why.starts_with("the object has been modified; "), "{why}");
    let mut unversioned = before;
    unversioned.metadata.resource_version = None;
    let (kind, text) = errors(desk.writer().update_image(&desk.manage, &digest, put(unversioned)).await);
    assert_eq!(kind, "images");
    assert!(text.ends_with("must be specified for an update"), "{text}");
    let refused = desk.writer().update_image(&desk.manage, "none", put(image("none"))).await;
    assert!(matches!(refused, Err(Refusal::NotFound { .. })), "{refused:?}");
}

// image-api 98, 117, kubernetes-api 6.3
#[tokio::test]
async fn an_image_in_use_can_go() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    let hold = edit(|image: &mut Image| image.metadata.finalizers.push("example.com/hold".to_owned()));
    object(desk.writer().update_image(&desk.manage, &digest, hold).await);
    let gone = desk.writer().delete_image(&desk.manage, &digest, Deletion::default()).await;
    let Ok(Gone::Terminating(marked)) = gone else { panic!("{gone:?}") };
    assert!(marked.metadata.deletion_timestamp.is_some());
    let release = edit(|image: &mut Image| image.metadata.finalizers.clear());
    object(desk.writer().update_image(&desk.manage, &digest, release).await);
    assert!(matches!(desk.view().image(&digest), Err(ViewError::ImageNotFound(_))));
    assert!(matches!(
        desk.view().stream_tag(&stream("app"), "v1"),
        Err(ViewError::ImageNotFound(name)) if name == digest
    ));
    assert_eq!(desk.stream("app").status.tags[0].items[0].image, digest);
    let gone = desk.writer().delete_image(&desk.manage, &digest, Deletion::default()).await;
    assert!(matches!(gone, Err(Refusal::NotFound { .. })), "{gone:?}");
}
