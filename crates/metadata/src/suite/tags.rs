//! `tags/list` and `_catalog`.

use super::Outcome;
use super::fixture::{Done, World, stream};
use crate::Engine;

/// distribution 150 to 155.
pub async fn tags_come_in_byte_order_and_pages(engine: Engine) -> Outcome {
    let world = World::new(engine);
    assert_eq!(world.tags("team/app")?, None);
    let image = world.image("team/app", "a").await?;
    for tag in ["b", "a", "B", "_", "1.0", "a-1"] {
        world.push_tag("team/app", tag, &image).await?;
    }
    let page = |after: Option<&str>, limit: usize| -> Done<Vec<String>> {
        Ok(world.engine.tags(&stream("team/app"), after, limit)?.ok_or("there is no repository")?)
    };
    assert_eq!(page(None, 100)?, ["1.0", "B", "_", "a", "a-1", "b"]);
    assert_eq!(page(None, 2)?, ["1.0", "B"]);
    assert_eq!(page(Some("B"), 2)?, ["_", "a"]);
    assert_eq!(page(Some("a-"), 9)?, ["a-1", "b"], "the tag to go on from need not exist");
    assert_eq!(page(Some("b"), 9)?, Vec::<String>::new());
    assert_eq!(page(None, 0)?, Vec::<String>::new());
    Ok(())
}

/// distribution 168: order and `last` are those of the spelling with slashes.
pub async fn repositories_come_in_the_order_of_their_spelling(engine: Engine) -> Outcome {
    let world = World::new(engine);
    for repository in ["b", "a-b/c", "a/b/c", "a/b", "a/b-c"] {
        let image = world.image(repository, "x").await?;
        world.push_digest(repository, &image).await?;
    }
    let page = |after: Option<&str>, limit: usize| -> Done<Vec<String>> {
        let names = world.engine.repositories(after, limit)?;
        Ok(names.iter().map(|name| name.as_str().to_owned()).collect())
    };
    assert_eq!(page(None, 100)?, ["a-b/c", "a/b", "a/b-c", "a/b/c", "default/b"]);
    assert_eq!(page(None, 2)?, ["a-b/c", "a/b"]);
    assert_eq!(page(Some("a/b"), 2)?, ["a/b-c", "a/b/c"]);
    assert_eq!(page(Some("a/bb"), 2)?, ["default/b"]);
    Ok(())
}
