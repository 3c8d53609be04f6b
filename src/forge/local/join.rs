//! Two states that were written at once in two clones, made one: the remote's stands, ours is redone onto it.

use super::board::Board;
use crate::forge::{Proposal, State};

/// Puts what `ours` changed since `base` onto `theirs`. A proposal that both have about the same is theirs; a number that
/// both gave is given again. All three are [`full`](Board::full). Gives the joined state, which follows theirs, and the proposals of ours that gave way.
#[must_use]
pub fn join(base: &Board, ours: &Board, theirs: &Board) -> (Board, Vec<Proposal>) {
    let mut joined = Board { intent: None, last: theirs.last.max(ours.last), ..theirs.clone() };
    let mut given_way = Vec::new();
    for (number, mine) in &ours.proposals {
        if base.proposals.get(number) == Some(mine) {
            continue;
        }
        let is_known = base.proposals.contains_key(number);
        match theirs.proposals.get(number) {
            Some(other) if is_known => {
                if base.proposals.get(number) == Some(other) || (other.is_open() && !mine.is_open()) {
                    joined.proposals.insert(*number, mine.clone());
                } else if other != mine {
                    given_way.push(mine.clone());
                }
            }
            // What is gone from there stays gone.
            None if is_known => given_way.push(mine.clone()),
            other => add(&mut joined, mine, other == Some(mine), &mut given_way),
        }
    }
    (joined, given_way)
}

/// Adds a proposal that only we opened.
fn add(joined: &mut Board, mine: &Proposal, is_there: bool, given_way: &mut Vec<Proposal>) {
    if is_there {
        return;
    }
    let same = |other: &&Proposal| other.target == mine.target && other.subject.is_same(&mine.subject);
    let is_open_there = joined.all_open().any(|other| same(&other));
    if mine.state == State::Open && is_open_there {
        given_way.push(mine.clone());
        return;
    }
    let mut added = mine.clone();
    if joined.proposals.contains_key(&added.number) {
        added.number = joined.next_number();
    }
    joined.proposals.insert(added.number, added);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Subject;
    use crate::forge::proposal::tests::sample;

    fn board(proposals: &[Proposal]) -> Board {
        let proposals = proposals.iter().map(|one| (one.number, one.clone())).collect();
        Board { proposals, ..Board::default() }
    }

    fn about(number: u32, slice: u32) -> Proposal {
        let subject = Subject::Slice { number: slice, id: format!("slice-{slice:03}-x") };
        Proposal { subject, branch: format!("slice-{slice:03}-x-v1.0.0"), ..sample(number) }
    }

    fn check(base: &[Proposal], ours: &[Proposal], theirs: &[Proposal], expected: &[(u32, &str, State)], lost: usize) {
        let (joined, given_way) = join(&board(base), &board(ours), &board(theirs));
        let found: Vec<(u32, &str, State)> =
            joined.proposals.values().map(|one| (one.number, one.subject.word(), one.state)).collect();
        assert_eq!((found.as_slice(), given_way.len()), (expected, lost));
    }

    #[test]
    fn the_remote_stands_and_ours_is_redone() {
        let closed = |one: Proposal| Proposal { state: State::Closed, ..one };
        let (one, two) = (about(1, 1), about(1, 2));
        check(&[], std::slice::from_ref(&one), &[], &[(1, "slice-001-x", State::Open)], 0);
        check(&[], std::slice::from_ref(&one), std::slice::from_ref(&one), &[(1, "slice-001-x", State::Open)], 0);
        check(
            &[],
            std::slice::from_ref(&two),
            std::slice::from_ref(&one),
            &[(1, "slice-001-x", State::Open), (2, "slice-002-x", State::Open)],
            0,
        );
        let mine = Proposal { key: "other".into(), ..one.clone() };
        check(&[], std::slice::from_ref(&mine), std::slice::from_ref(&one), &[(1, "slice-001-x", State::Open)], 1);
        let base = std::slice::from_ref(&one);
        check(base, &[closed(one.clone())], base, &[(1, "slice-001-x", State::Closed)], 0);
        check(base, &[mine], &[closed(one.clone())], &[(1, "slice-001-x", State::Closed)], 1);
        check(base, base, &[closed(one.clone())], &[(1, "slice-001-x", State::Closed)], 0);
    }
}
