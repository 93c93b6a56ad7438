use serde_json::{Value, json};
use weir_image_api::ImageStream;
use weir_registry::api::{Deletion, Gone, Preconditions, Refusal};
use weir_registry::view::ViewError;
use weir_testkit::RigOptions;

use crate::desk::{Desk, edit, errors, object, only, parse, put, stream, team};

fn app(spec: Value) -> ImageStream {
    parse(json!({"metadata": {"name": "app"}, "spec": spec}))
}

async fn create(desk: &Desk, spec: Value) -> ImageStream {
    object(desk.writer().create_stream(&team(), app(spec), None).await)
}

fn docker_image(tag: &str) -> Value {
    json!({"name": tag, "from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}})
}

// image-api 27, 28, 30
#[tokio::test]
async fn a_stream_is_made_with_what_only_the_server_gives() {
    let desk = Desk::open().await;
    let mut wanted = app(json!({"tags": [docker_image("a"), docker_image("b")]}));
    wanted.metadata.uid = "mine".to_owned();
    wanted.spec.tags[0].generation = Some(99);
    wanted.status = parse(json!({"dockerImageRepository": "x", "tags": [{"tag": "a", "items": []}]}));
    let written = desk.writer().create_stream(&team(), wanted, None).await.unwrap();
    assert!(written.made);
    let made = written.object;
    assert_eq!((made.metadata.namespace.as_str(), made.metadata.generation), ("team", 1));
    assert_ne!(made.metadata.uid, "mine");
    assert_eq!(made.metadata.resource_version.unwrap().0, desk.version());
    assert_eq!(made.spec.tags.iter().map(|tag| tag.generation).collect::<Vec<_>>(), [Some(1), Some(1)]);
    assert_eq!(made.status.docker_image_repository, "registry.test:5000/team/app");
    assert_eq!(made.status.tags, []);
    assert_eq!(desk.stream("app"), made);
}

// kubernetes-api 2.4, 2.2
#[tokio::test]
async fn a_new_stream_has_no_version_and_may_have_its_name_completed() {
    let desk = Desk::open().await;
    let mut wanted = app(json!({}));
    wanted.metadata.resource_version = Some("7".parse().unwrap());
    let refused = desk.writer().create_stream(&team(), wanted, None).await;
    let Err(Refusal::BadRequest(text)) = refused else { panic!("{refused:?}") };
    assert_eq!(text, "resourceVersion should not be set on objects to be created");

    let wanted: ImageStream = parse(json!({"metadata": {"generateName": "app"}}));
    let first = object(desk.writer().create_stream(&team(), wanted.clone(), None).await).metadata.name;
    let second = object(desk.writer().create_stream(&team(), wanted, None).await).metadata.name;
    assert_ne!(first, second);
    for name in [first, second] {
        assert!(name.starts_with("app") && name.len() == "app".len() + 5, "{name}");
        desk.stream(&name);
    }
}

// image-api 17, 42
#[tokio::test]
async fn namespace_and_name_have_to_be_right() {
    let desk = Desk::open().await;
    let nowhere = weir_image_api::Namespace::parse("nowhere").unwrap();
    let refused = desk.writer().create_stream(&nowhere, app(json!({})), None).await;
    assert!(matches!(&refused, Err(Refusal::NamespaceNotFound(name)) if name == "nowhere"), "{refused:?}");
    let misnamed: ImageStream = parse(json!({"metadata": {"name": "App"}}));
    let refused = desk.writer().create_stream(&nowhere, misnamed.clone(), None).await;
    assert!(matches!(&refused, Err(Refusal::NamespaceNotFound(name)) if name == "nowhere"), "{refused:?}");
    let (kind, text) = errors(desk.writer().create_stream(&team(), misnamed, None).await);
    assert_eq!(kind, "ImageStream");
    assert!(text.contains("metadata.name: Invalid value: \"App\": must match"), "{text}");
    let (_, text) = errors(desk.writer().create_stream(&team(), ImageStream::default(), None).await);
    assert!(text.contains("metadata.name: Required value: name or generateName is required"), "{text}");
    let deep: ImageStream = parse(json!({"metadata": {"name": "b~c"}}));
    let made = object(desk.writer().create_stream(&team(), deep, None).await);
    assert_eq!(made.status.docker_image_repository, "registry.test:5000/team/b/c");
}

#[tokio::test]
async fn a_name_is_given_once() {
    let desk = Desk::open().await;
    create(&desk, json!({})).await;
    let version = desk.version();
    let refused = desk.writer().create_stream(&team(), app(json!({})), None).await;
    let Err(Refusal::AlreadyExists { name, terminating: false, resource: None }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((name.as_str(), desk.version()), ("app", version));
}

// image-api 12, 13, 14
#[tokio::test]
async fn an_update_says_which_version_it_is_about() {
    let desk = Desk::open().await;
    let old = create(&desk, json!({})).await;
    let mut wanted = old.clone();
    wanted.spec.lookup_policy.local = true;

    let mut unversioned = wanted.clone();
    unversioned.metadata.resource_version = None;
    let (kind, text) = errors(desk.writer().update_stream(stream("app"), put(unversioned.clone())).await);
    assert_eq!(kind, "imagestreams");
    assert_eq!(text, "metadata.resourceVersion: Invalid value: 0: must be specified for an update");
    let (kind, _) = errors(desk.writer().update_stream_status(stream("app"), put(unversioned)).await);
    assert_eq!(kind, "imagestreams");

    let written = desk.writer().update_stream(stream("app"), put(wanted.clone())).await.unwrap();
    assert!(!written.made);
    assert_eq!(written.object.metadata.generation, 2);
    let version = desk.version();
    for refused in [
        desk.writer().update_stream(stream("app"), put(wanted.clone())).await,
        desk.writer().update_stream_status(stream("app"), put(wanted.clone())).await,
    ] {
        let Err(Refusal::Conflict { name, why, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(name, "app");
        let expected =
            "the object has been modified; please apply your changes to the latest version and try again";
        assert_eq!(why, expected);
    }
    let mut other = desk.stream("app");
    other.metadata.uid = "another".to_owned();
    let refused = desk.writer().update_stream(stream("app"), put(other)).await;
    let Err(Refusal::Conflict { why, .. }) = refused else { panic!("{refused:?}") };
    assert!(
        why.starts_with("Precondition failed: UID in precondition: another, UID in object meta: "),
        "{why}"
    );

    let refused = desk.writer().update_stream(stream("none"), put(wanted)).await;
    assert!(matches!(refused, Err(Refusal::NotFound { .. })), "{refused:?}");
    assert_eq!(desk.version(), version);
}

// image-api 1.5, 33, 34
#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let desk = Desk::open().await;
    let old = create(&desk, json!({"tags": [docker_image("a")]})).await;
    let version = desk.version();
    let same = object(desk.writer().update_stream(stream("app"), put(old.clone())).await);
    assert_eq!((same, desk.version()), (old, version));
    let label = edit(|stream: &mut ImageStream| {
        stream.metadata.labels.insert("a".to_owned(), "b".to_owned());
    });
    let labelled = object(desk.writer().update_stream(stream("app"), label).await);
    assert_eq!(labelled.metadata.generation, 1);
    assert!(labelled.metadata.resource_version.unwrap().0 > version);
    let add = edit(|stream: &mut ImageStream| stream.spec.tags.push(parse(docker_image("b"))));
    let added = object(desk.writer().update_stream(stream("app"), add).await);
    assert_eq!(added.metadata.generation, 2);
    assert_eq!(added.spec.tag("a").unwrap().generation, Some(1));
    assert_eq!(added.spec.tag("b").unwrap().generation, Some(2));
}

// image-api 21, kubernetes-api 2.8
#[tokio::test]
async fn a_dry_run_leaves_nothing() {
    let desk = Desk::open().await;
    let version = desk.version();
    let tried = object(desk.dry_writer().create_stream(&team(), app(json!({})), None).await);
    assert!(!tried.metadata.uid.is_empty() && tried.metadata.creation_timestamp.is_some());
    assert_eq!(tried.metadata.resource_version, None);
    assert!(matches!(desk.view().image_stream(&stream("app")), Err(ViewError::StreamNotFound)));
    assert_eq!(desk.version(), version);

    let made = create(&desk, json!({})).await;
    let version = desk.version();
    let local = edit(|stream: &mut ImageStream| stream.spec.lookup_policy.local = true);
    let tried = object(desk.dry_writer().update_stream(stream("app"), local).await);
    assert!(tried.spec.lookup_policy.local);
    let tried = desk.dry_writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await;
    assert!(matches!(tried, Ok(Gone::Removed(_))), "{tried:?}");
    assert_eq!(desk.stream("app"), made);
    assert_eq!(desk.version(), version);
}

// image-api 29, 76, 77
#[tokio::test]
async fn spec_and_status_have_their_own_ends() {
    let desk = Desk::open().await;
    desk.push("app", "a", "one").await;
    desk.push("app", "b", "two").await;
    let dropped = edit(|stream: &mut ImageStream| {
        stream.status.tags.clear();
        stream.spec.lookup_policy.local = true;
    });
    let kept = object(desk.writer().update_stream(stream("app"), dropped).await);
    assert_eq!(kept.status.tags.len(), 2);
    assert!(kept.spec.lookup_policy.local);

    let generation = kept.metadata.generation;
    let dropped = edit(|stream: &mut ImageStream| {
        stream.status.tags.retain(|tag| tag.tag == "a");
        stream.spec.lookup_policy.local = false;
    });
    let left = object(desk.writer().update_stream_status(stream("app"), dropped).await);
    assert_eq!(left.status.tags.len(), 1);
    assert!(left.spec.lookup_policy.local);
    assert_eq!(left.metadata.generation, generation);
    assert_eq!(desk.pull("team/app", "b").await, Err(404));
    assert!(desk.pull("team/app", "a").await.is_ok());

    // A status may name what it likes; what this repository does not have it does not serve.
    let foreign = desk.push("other", "v1", "three").await;
    let name = foreign.clone();
    let forged = edit(move |stream: &mut ImageStream| {
        let event = &mut stream.status.tags[0].items[0];
        event.image.clone_from(&name);
        event.docker_image_reference = format!("registry.test:5000/team/other@{name}");
    });
    object(desk.writer().update_stream_status(stream("app"), forged).await);
    assert_eq!(desk.pull("team/app", "a").await, Err(404));
    assert_eq!(desk.pull("team/app", &foreign).await, Err(404));
    let history = desk.view().history(&stream("app"), Some("a"), 1).unwrap().entries;
    assert_eq!((history[0].kind.as_str(), history[0].image.as_str()), ("status", foreign.as_str()));
}

// image-api 50, 98, kubernetes-api 6.2
#[tokio::test]
async fn a_stream_goes_and_its_images_stay() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    let uid = desk.stream("app").metadata.uid;
    let refused = desk.writer().delete_stream(&desk.manage, stream("app"), only("another")).await;
    let Err(Refusal::PreconditionFailed { kind: "ImageStream", name, why }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(name, "app");
    assert_eq!(
        why,
        format!(
            "the UID in the precondition (another) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )
    );
    let preconditions = Preconditions { uid: None, resource_version: Some("1".to_owned()) };
    let deletion = Deletion { preconditions, propagation: None };
    let refused = desk.writer().delete_stream(&desk.manage, stream("app"), deletion).await;
    let Err(Refusal::PreconditionFailed { why, .. }) = refused else { panic!("{refused:?}") };
    assert!(why.starts_with("the ResourceVersion in the precondition (1) does not match the "), "{why}");

    let gone = desk.writer().delete_stream(&desk.manage, stream("app"), only(&uid)).await;
    let Ok(Gone::Removed(last)) = gone else { panic!("{gone:?}") };
    assert_eq!(last.metadata.uid, uid);
    assert!(matches!(desk.view().image_stream(&stream("app")), Err(ViewError::StreamNotFound)));
    assert_eq!(desk.pull("team/app", "v1").await, Err(404));
    assert_eq!(desk.view().image(&digest).unwrap().metadata.name, digest);
    let again = desk.writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await;
    assert!(matches!(again, Err(Refusal::NotFound { .. })), "{again:?}");

    // What happened to its tags can be asked for all the same.
    let history = desk.view().history(&stream("app"), None, 10).unwrap();
    let seen: Vec<_> = history.entries.iter().map(|entry| (entry.kind.as_str(), entry.current)).collect();
    assert_eq!(seen, [("deleted", false), ("push", false)]);
    assert_eq!(history.entries[0].reason.as_deref(), Some("because"));
    assert_eq!(history.entries[0].client.as_deref(), Some("oc/4.20"));
    assert_eq!(history.entries[0].user, "system:anonymous");
}

// kubernetes-api 6.3
#[tokio::test]
async fn a_held_stream_goes_when_it_is_let_go() {
    let desk = Desk::open().await;
    desk.push("app", "v1", "one").await;
    let hold =
        edit(|stream: &mut ImageStream| stream.metadata.finalizers = vec!["example.com/hold".to_owned()]);
    object(desk.writer().update_stream(stream("app"), hold).await);

    let gone = desk.writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await;
    let Ok(Gone::Terminating(marked)) = gone else { panic!("{gone:?}") };
    assert_eq!((marked.metadata.generation, marked.metadata.deletion_grace_period_seconds), (2, Some(0)));
    assert!(marked.metadata.deletion_timestamp.is_some());
    assert_eq!(desk.stream("app"), marked);
    let version = desk.version();
    let gone = desk.writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await;
    assert!(matches!(gone, Ok(Gone::Terminating(same)) if same == marked));
    assert_eq!(desk.version(), version);

    let refused = desk.writer().create_stream(&team(), app(json!({})), None).await;
    assert!(matches!(refused, Err(Refusal::AlreadyExists { terminating: true, .. })), "{refused:?}");
    let more = edit(|stream: &mut ImageStream| stream.metadata.finalizers.push("ex.io/g".to_owned()));
    let (_, text) = errors(desk.writer().update_stream(stream("app"), more).await);
    assert!(text.contains("metadata.finalizers: Forbidden: no new finalizers can be added"), "{text}");

    let release = || edit(|stream: &mut ImageStream| stream.metadata.finalizers.clear());
    let tried = object(desk.dry_writer().update_stream(stream("app"), release()).await);
    assert!(tried.metadata.finalizers.is_empty());
    assert_eq!(desk.stream("app"), marked);
    let last = object(desk.writer().update_stream(stream("app"), release()).await);
    assert_eq!(last.metadata.uid, marked.metadata.uid);
    assert!(matches!(desk.view().image_stream(&stream("app")), Err(ViewError::StreamNotFound)));
    let history = desk.view().history(&stream("app"), Some("v1"), 1).unwrap();
    assert_eq!(history.entries[0].kind, "deleted");
}

#[tokio::test]
async fn settings_forbid_deletes_and_all_writes() {
    let mut options = RigOptions::default();
    options.registry.deletes = false;
    let desk = Desk::with(options).await;
    create(&desk, json!({})).await;
    let refused = desk.writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await;
    assert!(matches!(refused, Err(Refusal::DeletesDisabled)), "{refused:?}");

    let mut options = RigOptions::default();
    options.registry.read_only = true;
    let desk = Desk::with(options).await;
    let refused = desk.writer().create_stream(&team(), app(json!({})), None).await;
    assert!(matches!(refused, Err(Refusal::ReadOnly)), "{refused:?}");
}

// kubernetes-api 2.11
#[tokio::test]
async fn an_owner_named_twice_is_kept_once_and_warned_of() {
    let desk = Desk::open().await;
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u1"});
    let mut wanted = app(json!({}));
    wanted.metadata.owner_references = parse(json!([owner, owner]));
    let written = desk.writer().create_stream(&team(), wanted, None).await.unwrap();
    assert_eq!(written.object.metadata.owner_references.len(), 1);
    assert!(written.warnings[0].ends_with("duplicate UID(s) observed: u1"), "{:?}", written.warnings);
}

// A deleted tag goes back to what its last entry names.
#[tokio::test]
async fn a_removal_says_what_was_removed() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    desk.writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await.unwrap();
    let history = desk.view().history(&stream("app"), Some("v1"), 1).unwrap().entries;
    assert_eq!((history[0].kind.as_str(), history[0].current), ("deleted", false));
    assert_eq!(history[0].image, digest);
    assert_eq!(history[0].docker_image_reference, format!("registry.test:5000/team/app@{digest}"));
}

// image-api 7.5: a status that is written may go back, and the newest entry is then not the current one.
#[tokio::test]
async fn history_says_where_a_tag_is_now() {
    let desk = Desk::open().await;
    let first = desk.push("app", "v1", "one").await;
    desk.push("app", "v1", "two").await;
    let back = edit(|stream: &mut ImageStream| drop(stream.status.tags[0].items.remove(0)));
    desk.writer().update_stream_status(stream("app"), back).await.unwrap();
    assert_eq!(desk.pull("team/app", "v1").await, Ok(first));
    let history = desk.view().history(&stream("app"), None, 10).unwrap().entries;
    assert_eq!(history.iter().map(|entry| entry.current).collect::<Vec<_>>(), [false, true]);
}

// distribution 5: an upload ends with the repository it was for, and leaves nothing behind.
#[tokio::test]
async fn uploads_end_with_their_stream() {
    let desk = Desk::open().await;
    let access = weir_access::Access::open(weir_access::OpenTo::Admin);
    let push = |name: &str| -> weir_access::Permit<weir_access::Push> {
        let repository = weir_oci::RepositoryName::parse(name).unwrap();
        access.authorize(&weir_access::Identity::anonymous(), repository).unwrap()
    };
    let registry = &desk.rig.registry;
    let begin = async |name: &str| {
        let permit = push(name);
        let id = registry.start_upload(&permit, None).await.unwrap();
        let body = futures_util::stream::iter([Ok(bytes::Bytes::from(vec![7; 100_000]))]);
        registry.append(&permit, id, weir_registry::Chunk::default(), body).await.unwrap();
        id
    };
    let staged = || std::fs::read_dir(desk.rig.folder().join("uploads")).unwrap().count();
    desk.push("app", "v1", "one").await;
    desk.rig.push_blob("team/bare", "x").await;
    let (here, bare) = (begin("team/app").await, begin("team/bare").await);
    begin("other/app").await;
    assert_eq!((registry.uploads_open(), staged()), (3, 3));
    desk.dry_writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await.unwrap();
    assert_eq!(registry.uploads_open(), 3);
    desk.writer().delete_stream(&desk.manage, stream("app"), Deletion::default()).await.unwrap();
    assert_eq!((registry.uploads_open(), staged()), (2, 2));
    let gone = registry.upload_offset(&push("team/app"), here).await;
    assert!(matches!(gone, Err(weir_registry::Error::UploadUnknown)), "{gone:?}");
    assert_eq!(registry.upload_offset(&push("team/bare"), bare).await.unwrap(), 100_000);
    desk.writer().delete_namespace(&desk.manage, "team", Deletion::default()).await.unwrap();
    registry.settle().await;
    assert_eq!((registry.uploads_open(), staged()), (1, 1));
}
