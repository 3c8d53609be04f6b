//! Circles in a directed graph: groups of places that all lead to each other.

/// The groups of two or more places that lead to each other, each in ascending order, by their first place. `edges`
/// are the places that each place leads to. Kosaraju's algorithm with a stack of its own, since chains may be long.
#[must_use]
pub fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        targets.iter().for_each(|to| back[*to].push(from));
    }
    let mut found = Vec::new();
    let mut seen = vec![false; edges.len()];
    for start in finished(edges).into_iter().rev() {
        let mut group = Vec::new();
        let mut open = vec![start];
        while let Some(place) = open.pop() {
            if !std::mem::replace(&mut seen[place], true) {
                group.push(place);
                open.extend(back[place].iter().filter(|next| !seen[**next]));
            }
        }
        if group.len() > 1 {
            group.sort_unstable();
            found.push(group);
        }
    }
    found.sort_unstable();
    found
}

/// All places in the order in which a walk in depth leaves them.
fn finished(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut open = vec![(start, 0)];
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some((place, at)) = open.pop() {
            match edges[place].get(at) {
                Some(next) => {
                    open.push((place, at + 1));
                    if !std::mem::replace(&mut seen[*next], true) {
                        open.push((*next, 0));
                    }
                }
                None => order.push(place),
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[&[usize]], expected: &[&[usize]]) {
        let edges: Vec<Vec<usize>> = edges.iter().map(|targets| targets.to_vec()).collect();
        assert_eq!(circles(&edges), expected);
    }

    #[test]
    fn groups_are_those_that_lead_back() {
        check(&[&[1], &[2], &[]], &[]);
        check(&[&[2], &[0], &[1], &[4, 0], &[3]], &[&[0, 1, 2], &[3, 4]]);
        check(&[&[0]], &[]);
    }

    #[test]
    fn a_long_chain_is_no_danger() {
        let mut edges: Vec<Vec<usize>> = (1..100_000).map(|next| vec![next]).collect();
        edges.push(vec![0]);
        assert_eq!(circles(&edges).len(), 1);
    }
}
