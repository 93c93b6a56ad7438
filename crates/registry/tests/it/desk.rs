use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::Value;
use weir_access::{Access, Identity, ManageApi, OpenTo, Permit, ReadApi, WriteApi};
use weir_image_api::{ImageStream, Namespace, StreamName, StreamRef};
use weir_registry::View;
use weir_registry::api::{Author, Deletion, MayPull, Mutation, Preconditions, Refusal, Writer, Written};
use weir_testkit::{Rig, RigOptions, SampleImage};

/// A registry with somebody at work in it. There is a namespace `team`.
pub(crate) struct Desk {
    pub(crate) rig: Rig,
    pub(crate) manage: Permit<ManageApi>,
}

impl Desk {
    pub(crate) async fn open() -> Desk {
        Desk::with(RigOptions::default()).await
    }

    pub(crate) async fn with(options: RigOptions) -> Desk {
        let desk = Desk::of(Rig::with(options).await);
        if !desk.rig.registry.settings().read_only {
            desk.make_namespace("team").await;
        }
        desk
    }

    fn of(rig: Rig) -> Desk {
        let manage = Access::open(OpenTo::Admin).authorize(&Identity::anonymous(), ()).unwrap();
        Desk { rig, manage }
    }

    /// Stops without a word and starts again on what is on disk.
    pub(crate) async fn restart(self) -> Desk {
        Desk::of(self.rig.restart().await)
    }

    pub(crate) async fn make_namespace(&self, name: &str) {
        self.writer().create_namespace(parse(serde_json::json!({"metadata": {"name": name}}))).await.unwrap();
    }

    pub(crate) fn view(&self) -> View {
        let permit: Permit<ReadApi> =
            Access::open(OpenTo::Admin).authorize(&Identity::anonymous(), ()).unwrap();
        self.rig.registry.view(&permit)
    }

    /// Somebody who may do everything.
    pub(crate) fn writer(&self) -> Writer {
        self.write(|_| Ok(()), false)
    }

    /// Somebody who only tries.
    pub(crate) fn dry_writer(&self) -> Writer {
        self.write(|_| Ok(()), true)
    }

    /// Somebody who may pull from nowhere else.
    pub(crate) fn confined_writer(&self) -> Writer {
        self.write(|_| Err("not yours".to_owned()), false)
    }

    fn write(&self, may_pull: fn(&str) -> Result<(), String>, dry_run: bool) -> Writer {
        let permit: Permit<WriteApi> =
            Access::open(OpenTo::Admin).authorize(&Identity::anonymous(), ()).unwrap();
        let author = Author {
            identity: Identity::anonymous(),
            client: Some("oc/4.20".to_owned()),
            reason: Some("because".to_owned()),
            may_pull: MayPull::new(move |repository| may_pull(repository.as_str())),
        };
        self.rig.registry.writer(&permit, author, dry_run)
    }

    /// The newest version of the records, which every write that is kept moves.
    pub(crate) fn version(&self) -> u64 {
        self.view().version()
    }

    pub(crate) fn stream(&self, name: &str) -> ImageStream {
        self.view().image_stream(&stream(name)).unwrap()
    }

    /// Pushes an image that is like no other to `team/…`, and says its digest.
    pub(crate) async fn push(&self, name: &str, tag: &str, seed: &str) -> String {
        self.rig.push(&format!("team/{name}"), tag, &SampleImage::of(seed)).await.to_string()
    }

    /// What a pull by docker says: the digest, or the status of the refusal.
    pub(crate) async fn pull(&self, repository: &str, reference: &str) -> Result<String, u16> {
        let reply = self.rig.get(format!("/v2/{repository}/manifests/{reference}")).await;
        match reply.status {
            200 => Ok(reply.header("docker-content-digest").unwrap().to_owned()),
            status => Err(status),
        }
    }

    /// Whether a repository serves every blob of an image.
    pub(crate) async fn serves(&self, repository: &str, seed: &str) -> bool {
        for blob in SampleImage::of(seed).blobs() {
            let digest = weir_oci::Digest::sha256(blob);
            if self.rig.head(format!("/v2/{repository}/blobs/{digest}")).await.status != 200 {
                return false;
            }
        }
        true
    }
}

pub(crate) fn team() -> Namespace {
    Namespace::parse("team").unwrap()
}

/// A stream of the namespace `team`.
pub(crate) fn stream(name: &str) -> StreamRef {
    StreamRef::new(team(), StreamName::parse(name).unwrap()).unwrap()
}

/// An object as a client would send it.
pub(crate) fn parse<T: DeserializeOwned>(object: Value) -> T {
    serde_json::from_value(object).unwrap()
}

/// Replaces the object, whatever it is.
pub(crate) fn put<T: Clone + Send + 'static>(object: T) -> Box<dyn Mutation<T>> {
    change(move |_: &T| object.clone())
}

/// Edits the object as it is.
pub(crate) fn edit<T: Clone + Send + 'static>(
    mut how: impl FnMut(&mut T) + Send + 'static,
) -> Box<dyn Mutation<T>> {
    change(move |current: &T| {
        let mut wanted = current.clone();
        how(&mut wanted);
        wanted
    })
}

fn change<T: 'static>(wanted: impl FnMut(&T) -> T + Send + 'static) -> Box<dyn Mutation<T>> {
    struct Change<F>(F);

    impl<T, F: FnMut(&T) -> T + Send> Mutation<T> for Change<F> {
        fn wanted(&mut self, current: Option<&T>) -> Result<T, Refusal> {
            let missing = || Refusal::NotFound { resource: None, name: "what is to be changed".to_owned() };
            current.map(&mut self.0).ok_or_else(missing)
        }

        fn settle(&mut self, _before: Option<&T>, _after: &mut T) {}
    }

    Box::new(Change(wanted))
}

/// A deletion of this incarnation only.
pub(crate) fn only(uid: &str) -> Deletion {
    let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
    Deletion { preconditions, propagation: None }
}

/// What was wrong with which fields.
pub(crate) fn errors<T: Debug>(outcome: Result<T, Refusal>) -> (&'static str, String) {
    match outcome {
        Err(Refusal::Invalid { kind, errors, .. }) => (kind, weir_image_api::meta::summary(&errors)),
        other => panic!("expected an invalid object: {other:?}"),
    }
}

/// What was written.
pub(crate) fn object<T>(written: Result<Written<T>, Refusal>) -> T {
    written.unwrap().object
}
