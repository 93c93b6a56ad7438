//! Edits of images, namespaces and secrets.

use weir_image_api::core_v1::{Secret, SecretData};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Image, Namespace};

use super::fixture::{Done, World};
use super::{HOST, Outcome};
use crate::{Engine, NamespaceRecord, ObjectEdit, Page, Wish};

/// image-api 5.2, 5.6, 32.
pub async fn an_image_is_made_and_changed(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let made = world
        .edit_image("anything", |old| {
            assert_eq!(old, None);
            let mut image = Image::default();
            "its own".clone_into(&mut image.metadata.uid);
            image.docker_image_reference = format!("{HOST}/team/app@x");
            Wish::Write(Box::new(image))
        })
        .await?
        .ok_or("it was to be made")?;
    assert!(made.made && made.changed);
    let (stored, version) = (world.engine.image("anything")?, world.version());
    assert_eq!(stored.as_ref(), Some(&made.object));
    assert_eq!(
        (made.object.metadata.name.as_str(), made.object.metadata.uid.as_str()),
        ("anything", "its own")
    );
    assert_eq!(made.object.docker_image_reference, format!("{HOST}/team/app@x"));
    let same = world.edit_image("anything", |old| Wish::Write(Box::new(old.expect("it was made")))).await?;
    assert_eq!(same.map(|same| same.changed), Some(false));
    let label = |old: Option<Image>| {
        let mut image = old.expect("it was made");
        image.metadata.labels.insert("a".to_owned(), "b".to_owned());
        Wish::Write(Box::new(image))
    };
    let rule = move |old: Option<Image>, _: &dyn crate::Lookup| Ok::<_, crate::Error>((label(old), ()));
    let dry = ObjectEdit { dry_run: true, ..world.object_edit("anything".to_owned()) };
    let rehearsed = world.engine.edit_image(dry, rule).await?.0.ok_or("it is there")?;
    assert!(rehearsed.changed && rehearsed.object.metadata.labels.len() == 1);
    assert_eq!(rehearsed.object.metadata.resource_version, made.object.metadata.resource_version);
    assert_eq!((world.engine.image("anything")?, world.version()), (stored, version));
    let changed = world.edit_image("anything", label).await?.ok_or("it is there")?;
    assert!(changed.changed && !changed.made);
    assert_eq!(world.engine.image("anything")?, Some(changed.object.clone()));
    assert_eq!(changed.object.metadata.resource_version.map(|version| version.0), Some(version + 1));
    assert_eq!(changed.object.docker_image_reference, format!("{HOST}/team/app@x"));
    Ok(())
}

/// kubernetes-api 2.2, 2.4.
pub async fn a_namespace_is_made_and_changed(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let team = Namespace::parse("team")?;
    let name = team.clone();
    let made = world.edit_namespace("team", move |old| {
        assert_eq!(old, None);
        let (metadata, finalizers) = (ObjectMeta::default(), vec!["kubernetes".to_owned()]);
        Wish::Write(Box::new(NamespaceRecord { name, metadata, finalizers }))
    });
    let made = made.await?.ok_or("it was to be made")?;
    assert!(made.made && made.changed);
    assert_eq!(world.engine.namespace(&team)?, Some(made.object.clone()));
    let version = world.version();
    let same = world.edit_namespace("team", |old| Wish::Write(Box::new(old.expect("it was made")))).await?;
    assert_eq!(same.map(|same| same.changed), Some(false));
    assert_eq!(world.version(), version);
    let changed = world.edit_namespace("team", |old| {
        let mut record = old.expect("it was made");
        record.metadata.labels.insert("a".to_owned(), "b".to_owned());
        Wish::Write(Box::new(record))
    });
    let changed = changed.await?.ok_or("it is there")?;
    assert_eq!(world.engine.namespace(&team)?, Some(changed.object.clone()));
    assert_eq!(changed.object.metadata.uid, made.object.metadata.uid);
    assert_eq!(changed.object.metadata.resource_version.map(|version| version.0), Some(version + 1));
    Ok(())
}

/// A secret of one value.
pub fn secret(value: &str) -> Secret {
    let data = SecretData([("key".to_owned(), value.as_bytes().to_vec())].into());
    let mut secret = Secret { data, r#type: Secret::OPAQUE.to_owned(), ..Secret::default() };
    secret.metadata.annotations.insert("copy".to_owned(), value.to_owned());
    secret
}

/// image-api 9; kubernetes-api 3.1, 3.3.
pub async fn secrets_are_kept_and_come_in_pages(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let team = Namespace::parse("team")?;
    for (namespace, name) in [("team", "b"), ("team", "a"), ("a", "z"), ("z", "a")] {
        let made = world.edit_secret(namespace, name, |_| Wish::Write(Box::new(secret("one")))).await?;
        let made = made.ok_or("it was to be made")?;
        assert!(made.made && made.changed);
        let found = world.engine.secret(&Namespace::parse(namespace)?, name)?;
        assert_eq!(found, Some(made.object));
    }
    let listed = |namespace: Option<&Namespace>, page: &Page| -> Done<Vec<String>> {
        let listed = world.engine.secrets(namespace, page)?;
        let name = |secret: &Secret| format!("{}/{}", secret.metadata.namespace, secret.metadata.name);
        Ok(listed.items.iter().map(name).collect())
    };
    assert_eq!(listed(None, &Page::default())?, ["a/z", "team/a", "team/b", "z/a"]);
    assert_eq!(listed(Some(&team), &Page::default())?, ["team/a", "team/b"]);
    let first = world.engine.secrets(None, &Page { limit: Some(1), after: None })?;
    assert_eq!((first.remaining, first.version.0), (Some(3), world.version()));
    assert_eq!(listed(None, &Page { limit: Some(2), after: first.next })?, ["team/a", "team/b"]);

    let version = world.version();
    let same = world.edit_secret("team", "a", |old| Wish::Write(Box::new(old.expect("it was made")))).await?;
    assert_eq!((same.map(|same| same.changed), world.version()), (Some(false), version));
    let changed = world.edit_secret("team", "a", |old| {
        let metadata = old.expect("it was made").metadata;
        Wish::Write(Box::new(Secret { metadata, ..secret("two") }))
    });
    let changed = changed.await?.ok_or("it is there")?;
    assert_eq!(changed.object.data.0["key"], b"two");
    assert_eq!(changed.object.metadata.resource_version.map(|version| version.0), Some(version + 1));
    assert!(world.edit_secret("team", "a", |_| Wish::Delete).await?.is_some());
    assert_eq!(world.engine.secret(&team, "a")?, None);
    assert_eq!(world.edit_secret("team", "a", |_| Wish::Delete).await?, None);
    Ok(())
}
