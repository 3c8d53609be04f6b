//! In which order the merged parts stand: as the side has it that moved them, additions after what they stand after.

use super::matching::Slot;
use crate::merge::part::{Class, Part};

/// The slots in the order of the result, without those that are gone; none when both sides moved the same part to
/// different places and the order matters.
pub(super) fn arrange(slots: &[Slot], gone: &[bool], parts: &[Vec<Part>; 3], class: Class) -> Option<Vec<usize>> {
    let sequence = |side: usize| {
        let mut owner = vec![None; parts[side].len()];
        for (slot, sides) in slots.iter().enumerate() {
            if let Some(at) = sides.0[side] {
                owner[at] = Some(slot);
            }
        }
        owner.into_iter().flatten().filter(|slot| !gone[*slot]).collect::<Vec<usize>>()
    };
    let (ours, theirs) = (sequence(1), sequence(2));
    let in_all = |slot: &usize| slots[*slot].0.iter().all(Option::is_some);
    let in_both = |slot: &usize| slots[*slot].0[1].is_some() && slots[*slot].0[2].is_some();
    let common = |side: &[usize]| side.iter().copied().filter(in_both).collect::<Vec<usize>>();
    if common(&ours) == common(&theirs) {
        return Some(inserted(slots, ours, &theirs, &[], 2));
    }
    // The slots of base are numbered in its order: those outside of the longest rise were moved.
    let moved_by = |side: &[usize]| moved(&side.iter().copied().filter(in_all).collect::<Vec<_>>());
    let (by_ours, by_theirs) = (moved_by(&ours), moved_by(&theirs));
    if by_theirs.is_empty() && !common(&ours).iter().any(|slot| slots[*slot].0[0].is_none()) {
        return Some(inserted(slots, ours, &theirs, &[], 2));
    }
    if by_ours.is_empty() && !common(&ours).iter().any(|slot| slots[*slot].0[0].is_none()) {
        return Some(inserted(slots, theirs, &ours, &[], 1));
    }
    let contested: Vec<usize> = by_ours.iter().copied().filter(|slot| by_theirs.contains(slot)).collect();
    if !contested.is_empty() && !class.is_unordered() {
        return None;
    }
    let loose = |side: &[usize]| side.iter().copied().filter(|slot| !contested.contains(slot)).collect::<Vec<_>>();
    let (by_ours, by_theirs) = (loose(&by_ours), loose(&by_theirs));
    let mut fixed: Vec<usize> = ours.iter().copied().filter(in_all).collect();
    fixed.retain(|slot| !by_ours.contains(slot) && !by_theirs.contains(slot));
    fixed.sort_unstable();
    let with_ours = inserted(slots, fixed, &ours, &by_theirs, 1);
    Some(inserted(slots, with_ours, &theirs, &[], 2))
}

/// Puts what `side` has and `into` has not after what it follows in `side`; theirs comes after what ours added there.
fn inserted(slots: &[Slot], mut into: Vec<usize>, side: &[usize], skipped: &[usize], number: usize) -> Vec<usize> {
    let mut place: Vec<Option<usize>> = vec![None; slots.len()];
    let index = |into: &[usize], place: &mut Vec<Option<usize>>| {
        into.iter().enumerate().for_each(|(at, slot)| place[*slot] = Some(at));
    };
    index(&into, &mut place);
    let is_foreign = |slot: usize| slots[slot].0[0].is_none() && slots[slot].0[number].is_none();
    let mut before: Option<usize> = None;
    for slot in side.iter().copied().filter(|slot| !skipped.contains(slot)) {
        if place[slot].is_none() {
            let mut at = before.and_then(|before| place[before]).map_or(0, |at| at + 1);
            while number == 2 && at < into.len() && is_foreign(into[at]) {
                at += 1;
            }
            into.insert(at, slot);
            index(&into, &mut place);
        }
        before = Some(slot);
    }
    into
}

/// The numbers outside of a longest rising subsequence.
fn moved(numbers: &[usize]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    for (at, number) in numbers.iter().enumerate() {
        let length = tails.partition_point(|tail| numbers[*tail] < *number);
        before[at] = length.checked_sub(1).map(|shorter| tails[shorter]);
        if length == tails.len() {
            tails.push(at);
        } else {
            tails[length] = at;
        }
    }
    let mut kept = vec![false; numbers.len()];
    let mut next = tails.last().copied();
    while let Some(at) = next {
        kept[at] = true;
        next = before[at];
    }
    numbers.iter().zip(kept).filter(|(_, kept)| !kept).map(|(number, _)| *number).collect()
}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn few_are_moved() {
        assert!(moved(&[0, 1, 2, 3]).is_empty());
        assert_eq!(moved(&[3, 0, 1, 2]), [3]);
        assert_eq!(moved(&[1, 2, 3, 0]), [0]);
    }
}
