use serde_json::json;
use weir_image_api::{ImageStream, core_v1};
use weir_registry::api::{Deletion, Gone, Refusal};
use weir_registry::view::ViewError;

use crate::desk::{Desk, edit, errors, object, only, parse, stream, team};

fn namespace(name: &str) -> core_v1::Namespace {
    parse(json!({"metadata": {"name": name}}))
}

// kubernetes-api 2.3; decisions 2
#[tokio::test]
async fn a_namespace_is_made_once() {
    let desk = Desk::open().await;
    let mut wanted = namespace("docker.io");
    wanted.metadata.annotations.insert("openshift.io/display-name".to_owned(), "Hub".to_owned());
    let version = desk.version();
    let tried = object(desk.dry_writer().create_namespace(wanted.clone()).await);
    assert_eq!((tried.metadata.resource_version, desk.version()), (None, version));
    let written = desk.writer().create_namespace(wanted.clone()).await.unwrap();
    assert!(written.made);
    assert_eq!(written.object.status.phase, "Active");
    assert_eq!(written.object.spec.finalizers, ["kubernetes"]);
    assert_eq!(written.object.metadata.annotations["openshift.io/display-name"], "Hub");
    assert_eq!(desk.view().namespace("docker.io").unwrap(), written.object);
    let refused = desk.writer().create_namespace(wanted).await;
    assert!(matches!(refused, Err(Refusal::AlreadyExists { terminating: false, .. })), "{refused:?}");
    let (kind, text) = errors(desk.writer().create_namespace(namespace("No/Way")).await);
    assert_eq!(kind, "Namespace");
    assert!(text.contains("metadata.name: Invalid value: \"No/Way\""), "{text}");
}

// kubernetes-api 2.4: last write wins without a version.
#[tokio::test]
async fn a_namespace_is_labelled() {
    let desk = Desk::open().await;
    let label = || {
        edit(|namespace: &mut core_v1::Namespace| {
            namespace.metadata.labels.insert("a".to_owned(), "b".to_owned());
            namespace.metadata.resource_version = None;
            namespace.spec.finalizers.clear();
        })
    };
    let labelled = object(desk.writer().update_namespace(&desk.manage, "team", label()).await);
    assert_eq!(labelled.metadata.labels["a"], "b");
    assert_eq!(labelled.spec.finalizers, ["kubernetes"]);
    let version = desk.version();
    object(desk.writer().update_namespace(&desk.manage, "team", label()).await);
    assert_eq!(desk.version(), version);
    let stale = edit(|namespace: &mut core_v1::Namespace| {
        namespace.metadata.resource_version = Some("1".parse().unwrap());
    });
    let refused = desk.writer().update_namespace(&desk.manage, "team", stale).await;
    assert!(matches!(refused, Err(Refusal::Conflict { .. })), "{refused:?}");
    let refused = desk.writer().update_namespace(&desk.manage, "none", label()).await;
    assert!(matches!(refused, Err(Refusal::NotFound { .. })), "{refused:?}");
}

// kubernetes-api 6.3; decisions 2; image-api 1.9
#[tokio::test]
async fn a_namespace_goes_with_what_is_in_it() {
    let desk = Desk::open().await;
    for seed in ["one", "two", "three"] {
        desk.push(seed, "v1", seed).await;
    }
    let secret = parse(json!({"metadata": {"name": "s"}}));
    desk.writer().create_secret(&desk.manage, &team(), secret).await.unwrap();
    desk.rig.push("team-b/app", "v1", &weir_testkit::SampleImage::of("four")).await;

    let version = desk.version();
    let tried = desk.dry_writer().delete_namespace(&desk.manage, "team", Deletion::default()).await;
    assert!(matches!(tried, Ok(Gone::Terminating(_))), "{tried:?}");
    desk.rig.registry.settle().await;
    assert_eq!(desk.version(), version);
    let refused = desk.writer().delete_namespace(&desk.manage, "team", only("another")).await;
    assert!(matches!(refused, Err(Refusal::PreconditionFailed { kind: "Namespace", .. })), "{refused:?}");

    let gone = desk.writer().delete_namespace(&desk.manage, "team", Deletion::default()).await;
    let Ok(Gone::Terminating(marked)) = gone else { panic!("{gone:?}") };
    assert_eq!(marked.status.phase, "Terminating");
    desk.rig.registry.settle().await;
    assert!(matches!(desk.view().namespace("team"), Err(ViewError::NamespaceNotFound)));
    assert!(matches!(desk.view().image_stream(&stream("one")), Err(ViewError::StreamNotFound)));
    assert_eq!(desk.pull("team/one", "v1").await, Err(404));
    assert!(desk.pull("team-b/app", "v1").await.is_ok());
    assert!(matches!(desk.view().secret(&desk.manage, &team(), "s"), Err(ViewError::SecretNotFound)));
    // A push makes a namespace by itself, and this one is new.
    desk.push("one", "v1", "one").await;
    assert_ne!(desk.view().namespace("team").unwrap().metadata.uid, marked.metadata.uid);
}

// kubernetes-api 6.3, image-api 1.9
#[tokio::test]
async fn a_namespace_waits_for_what_is_held_in_it_and_takes_nothing_new() {
    let desk = Desk::open().await;
    let mut held: ImageStream = parse(json!({"metadata": {"name": "held"}}));
    held.metadata.finalizers = vec!["example.com/hold".to_owned()];
    desk.writer().create_stream(&team(), held, None).await.unwrap();
    desk.push("free", "v1", "one").await;
    desk.writer().delete_namespace(&desk.manage, "team", Deletion::default()).await.unwrap();
    desk.rig.registry.settle().await;

    assert_eq!(desk.view().namespace("team").unwrap().status.phase, "Terminating");
    assert!(matches!(desk.view().image_stream(&stream("free")), Err(ViewError::StreamNotFound)));
    assert!(desk.stream("held").metadata.deletion_timestamp.is_some());
    let new: ImageStream = parse(json!({"metadata": {"name": "new"}}));
    let refused = desk.writer().create_stream(&team(), new, None).await;
    assert!(matches!(&refused, Err(Refusal::NamespaceTerminating(name)) if name == "team"), "{refused:?}");
    let refused = desk.writer().create_namespace(namespace("team")).await;
    assert!(matches!(refused, Err(Refusal::AlreadyExists { terminating: true, .. })), "{refused:?}");

    let release = edit(|stream: &mut ImageStream| stream.metadata.finalizers.clear());
    desk.writer().update_stream(stream("held"), release).await.unwrap();
    desk.rig.registry.settle().await;
    assert!(matches!(desk.view().namespace("team"), Err(ViewError::NamespaceNotFound)));
}

#[tokio::test]
async fn a_namespace_that_was_being_deleted_goes_after_a_restart() {
    let desk = Desk::open().await;
    let hold = edit(|namespace: &mut core_v1::Namespace| {
        namespace.metadata.finalizers.push("example.com/hold".to_owned());
    });
    desk.writer().update_namespace(&desk.manage, "team", hold).await.unwrap();
    desk.writer().delete_namespace(&desk.manage, "team", Deletion::default()).await.unwrap();
    desk.rig.registry.settle().await;
    assert_eq!(desk.view().namespace("team").unwrap().status.phase, "Terminating");
    let desk = desk.restart().await;
    desk.rig.registry.empty_namespaces().await.unwrap();
    assert_eq!(desk.view().namespace("team").unwrap().status.phase, "Terminating");
    let release = edit(|namespace: &mut core_v1::Namespace| namespace.metadata.finalizers.clear());
    desk.writer().update_namespace(&desk.manage, "team", release).await.unwrap();
    desk.rig.registry.empty_namespaces().await.unwrap();
    assert!(matches!(desk.view().namespace("team"), Err(ViewError::NamespaceNotFound)));
}

// image-api 1.9, 16.2: nobody is told that something was stored that goes with the namespace.
#[tokio::test]
async fn a_namespace_that_is_being_deleted_takes_no_pushes() {
    let desk = Desk::open().await;
    let digest = desk.push("held", "v1", "one").await;
    let hold =
        edit(|stream: &mut ImageStream| stream.metadata.finalizers = vec!["example.com/hold".to_owned()]);
    desk.writer().update_stream(stream("held"), hold).await.unwrap();
    desk.writer().delete_namespace(&desk.manage, "team", Deletion::default()).await.unwrap();
    desk.rig.registry.settle().await;
    let version = desk.version();
    let sample = weir_testkit::SampleImage::of("one");
    let kind = weir_oci::ManifestType::OciManifest;
    for repository in ["team/held", "team/new"] {
        let reply = desk.rig.push_manifest(repository, "v2", kind, sample.manifest.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "DENIED"), "{repository}");
    }
    assert_eq!(desk.version(), version);
    // What is there can be pulled until it goes.
    assert_eq!(desk.pull("team/held", "v1").await, Ok(digest));
}
