//! How a status list becomes another one although events are never overwritten.

use weir_image_api::TagEvent;

use crate::tags::is_same_entry;

/// What to do to the events of a tag.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Events to put in front, newest first, each with the place in the old list of the one that it
    /// tells in other words, or somewhere else.
    pub(crate) fresh: Vec<(TagEvent, Option<usize>)>,
    /// Places in the old list of the events that stay, newest first.
    pub(crate) kept: Vec<usize>,
    /// Places of those that are no longer shown.
    pub(crate) gone: Vec<usize>,
}

/// The plan that turns `old` into `new`, both newest first.
///
/// Events are listed by when they were written, so only the oldest of the new list can stay where
/// they are: as many of them as stand in the old list in the same order. All others are written
/// again. For an event on top or an edited head that is the one event.
pub(crate) fn plan(old: &[TagEvent], new: &[TagEvent]) -> Plan {
    let mut plan = Plan::default();
    let (mut below, mut fresh) = (old.len(), new.len());
    while fresh > 0
        && let Some(place) = old[..below].iter().rposition(|event| same(event, &new[fresh - 1]))
    {
        plan.kept.push(place);
        (below, fresh) = (place, fresh - 1);
    }
    plan.kept.reverse();
    plan.gone = (0..old.len()).filter(|place| plan.kept.binary_search(place).is_err()).collect();
    let mut free = plan.gone.clone();
    let mut take = |wanted: &dyn Fn(&TagEvent) -> bool| {
        let found = free.iter().position(|place| wanted(&old[*place]))?;
        Some(free.remove(found))
    };
    // Those that are the same first, so that none of them is taken for an edit of another.
    let moved: Vec<Option<usize>> =
        new[..fresh].iter().map(|event| take(&|candidate| same(candidate, event))).collect();
    for (event, moved) in new[..fresh].iter().zip(moved) {
        let continues = moved.or_else(|| take(&|candidate| is_same_entry(candidate, event)));
        plan.fresh.push((event.clone(), continues));
    }
    plan
}

/// How an event came about is nothing that it says.
pub(crate) fn same(one: &TagEvent, other: &TagEvent) -> bool {
    one.created == other.created
        && one.docker_image_reference == other.docker_image_reference
        && one.image == other.image
        && one.generation == other.generation
}

/// Whether two lists show the same.
pub(crate) fn all_same(one: &[TagEvent], other: &[TagEvent]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use weir_image_api::Timestamp;

    use super::*;

    fn event(created: i64, reference: &str, image: &str, generation: i64) -> TagEvent {
        TagEvent {
            created: Timestamp::from_seconds(created),
            docker_image_reference: reference.to_owned(),
            image: image.to_owned(),
            generation,
            provenance: None,
        }
    }

    fn list(of: &[i64]) -> Vec<TagEvent> {
        of.iter().map(|n| event(*n, &format!("r{n}"), &format!("i{n}"), 1)).collect()
    }

    type Shape = (Vec<(i64, Option<usize>)>, Vec<usize>, Vec<usize>);

    fn shape(old: &[i64], new: &[i64]) -> Shape {
        let plan = plan(&list(old), &list(new));
        let fresh = plan.fresh.iter().map(|(event, of)| (event.created.seconds(), *of)).collect();
        (fresh, plan.kept, plan.gone)
    }

    #[test]
    fn what_usually_happens_writes_one_event() {
        assert_eq!(shape(&[2, 1], &[2, 1]), (vec![], vec![0, 1], vec![]));
        assert_eq!(shape(&[2, 1], &[3, 2, 1]), (vec![(3, None)], vec![0, 1], vec![]));
        assert_eq!(shape(&[], &[1]), (vec![(1, None)], vec![], vec![]));
        let amended = [event(2, "r2", "i2", 7), list(&[1])[0].clone()];
        let amended = plan(&list(&[2, 1]), &amended);
        assert_eq!(amended.fresh, [(event(2, "r2", "i2", 7), Some(0))]);
        assert_eq!((amended.kept, amended.gone), (vec![1], vec![0]));
        let other = plan(&list(&[2]), &[event(2, "r2", "other", 1)]);
        assert_eq!(other.fresh[0].1, None, "another image is another entry");
    }

    #[test]
    fn anything_else_keeps_what_it_can() {
        assert_eq!(shape(&[3, 2, 1], &[2, 1]), (vec![], vec![1, 2], vec![0]));
        assert_eq!(shape(&[3, 2, 1], &[3, 1]), (vec![], vec![0, 2], vec![1]));
        assert_eq!(shape(&[3, 2, 1], &[1, 2, 3]), (vec![(1, Some(2)), (2, Some(1))], vec![0], vec![1, 2]));
        assert_eq!(shape(&[3, 1], &[3, 2, 1]), (vec![(3, Some(0)), (2, None)], vec![1], vec![0]));
        assert_eq!(shape(&[1], &[]), (vec![], vec![], vec![0]));
    }

    proptest! {
        #[test]
        fn the_plan_makes_the_new_list(
            old in prop::collection::vec(0..5_i64, 0..8),
            new in prop::collection::vec(0..5_i64, 0..8),
        ) {
            let (old, new) = (list(&old), list(&new));
            let plan = plan(&old, &new);
            let made: Vec<TagEvent> = plan.fresh.iter().map(|(event, _)| event.clone())
                .chain(plan.kept.iter().map(|place| old[*place].clone()))
                .collect();
            prop_assert_eq!(made, new);
            prop_assert!(plan.kept.is_sorted());
            let mut all: Vec<usize> = plan.kept.iter().chain(&plan.gone).copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..old.len()).collect::<Vec<_>>());
        }
    }
}
