//! Manifests that refer to others.

use serde_json::json;
use weir_oci::documents::Referrer;
use weir_oci::{Digest, Manifest, ManifestType};

use super::Outcome;
use super::fixture::{Blob, Done, World, descriptor, image_of, manifest, somebody, stream};
use crate::Engine;

/// A manifest about `subject`; the number makes it one of its own.
async fn about(world: &World, repository: &str, subject: &Manifest, number: usize) -> Done<Manifest> {
    let empty = Blob::of("{}");
    world.link(repository, &empty).await?;
    let document = json!({
        "schemaVersion": 2,
        "artifactType": "application/x-note",
        "config": empty.descriptor("application/vnd.oci.empty.v1+json"),
        "layers": [],
        "subject": descriptor(subject),
        "annotations": {"number": number.to_string()},
    });
    manifest(ManifestType::OciManifest, &document)
}

fn listed(world: &World, repository: &str, subject: &Digest) -> Done<Vec<Referrer>> {
    Ok(world.engine.referrers(&stream(repository), subject, None, 100)?)
}

/// distribution 157, 159, 162, 163, 167.
pub async fn manifests_are_listed_under_their_subject(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let subject = image_of(&Blob::of("c"), &[])?;
    assert_eq!(listed(&world, "team/app", &subject.digest())?, []);
    // Before its subject, by digest and by tag.
    let note = about(&world, "team/app", &subject, 1).await?;
    world.push_digest("team/app", &note).await?;
    world.push_tag("team/app", "note", &note).await?;
    let index = manifest(
        ManifestType::OciIndex,
        &json!({"schemaVersion": 2, "manifests": [], "subject": descriptor(&subject)}),
    )?;
    world.push_digest("team/app", &index).await?;
    let found = listed(&world, "team/app", &subject.digest())?;
    let mut wanted = [
        Referrer {
            digest: note.digest(),
            media_type: ManifestType::OciManifest,
            size: note.raw().len() as u64,
            artifact_type: Some("application/x-note".to_owned()),
            annotations: [("number".to_owned(), "1".to_owned())].into(),
        },
        Referrer {
            digest: index.digest(),
            media_type: ManifestType::OciIndex,
            size: index.raw().len() as u64,
            artifact_type: None,
            annotations: [].into(),
        },
    ];
    wanted.sort_by_key(|referrer| referrer.digest);
    assert_eq!(found, wanted);
    assert_eq!(listed(&world, "team/app", &note.digest())?, []);
    world.link("team/other", &Blob::of("x")).await?;
    assert_eq!(listed(&world, "team/other", &subject.digest())?, []);
    Ok(())
}

/// distribution 164.
pub async fn referrers_come_in_pages(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let subject = image_of(&Blob::of("c"), &[])?;
    for number in 0..7 {
        let note = about(&world, "team/app", &subject, number).await?;
        world.push_digest("team/app", &note).await?;
    }
    let all = listed(&world, "team/app", &subject.digest())?;
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted_by_key(|referrer| referrer.digest));
    let mut paged = Vec::new();
    loop {
        let after = paged.last().map(|last: &Referrer| last.digest);
        let page = world.engine.referrers(&stream("team/app"), &subject.digest(), after.as_ref(), 3)?;
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    Ok(())
}

/// decisions 6: what one answer holds in memory has a bound.
pub async fn large_annotations_come_a_few_at_a_time(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let subject = image_of(&Blob::of("c"), &[])?;
    let text = "x".repeat(3 * 1024 * 1024);
    for number in 0..5 {
        let document = json!({
            "schemaVersion": 2,
            "manifests": [],
            "subject": descriptor(&subject),
            "annotations": {"number": number.to_string(), "text": text},
        });
        world.push_digest("team/app", &manifest(ManifestType::OciIndex, &document)?).await?;
    }
    let mut sizes = Vec::new();
    let mut after = None;
    loop {
        let some = world.engine.referrers(&stream("team/app"), &subject.digest(), after.as_ref(), 100)?;
        let Some(last) = some.last() else { break };
        after = Some(last.digest);
        sizes.push(some.len());
    }
    assert_eq!(sizes, [2, 2, 1]);
    Ok(())
}

/// distribution 149.
pub async fn a_deleted_referrer_is_not_listed(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let subject = world.image("team/app", "a").await?;
    world.push_digest("team/app", &subject).await?;
    let (one, two) =
        (about(&world, "team/app", &subject, 1).await?, about(&world, "team/app", &subject, 2).await?);
    world.push_digest("team/app", &one).await?;
    world.push_digest("team/app", &two).await?;
    let delete = async |manifest: &Manifest| {
        world.engine.delete_revision(stream("team/app"), manifest.digest(), somebody(), world.now_ms()).await
    };
    delete(&one).await?;
    let left = |found: Vec<Referrer>| found.into_iter().map(|referrer| referrer.digest).collect::<Vec<_>>();
    assert_eq!(left(listed(&world, "team/app", &subject.digest())?), [two.digest()]);
    delete(&subject).await?;
    assert_eq!(left(listed(&world, "team/app", &subject.digest())?), [two.digest()]);
    Ok(())
}
