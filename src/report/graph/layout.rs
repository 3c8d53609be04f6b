//! Where the boxes of the drawing stand: columns by what has to be there first, rows so that few lines cross.
//!
//! The method of Sugiyama, Tagawa and Toda (1981) in its plainest form: longest-path columns, invisible stations where a
//! line passes a column, a fixed number of barycentre sweeps. No randomness, so the same graph is drawn the same way.

use std::collections::HashMap;

/// Sweeps over all columns; more hardly ever help.
const SWEEPS: usize = 8;

/// Where each box stands and where each line passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// For each box its column and row; what is needed stands in an earlier column.
    pub(super) boxes: Vec<(usize, usize)>,
    /// For each line the columns and rows that it passes, from the box that needs to the box that is needed.
    pub(super) lines: Vec<Vec<(usize, usize)>>,
    /// How many columns there are.
    pub(super) columns: usize,
    /// How many rows the fullest column has.
    pub(super) rows: usize,
}

/// Lays out boxes of which those that are needed come earlier in the list. Lines go from who needs to who is needed.
pub(super) fn layout(boxes: usize, lines: &[(usize, usize)]) -> Layout {
    let mut column = vec![0; boxes];
    for place in 0..boxes {
        let needed = lines.iter().filter(|(from, to)| *from == place && *to < place);
        column[place] = needed.map(|(_, to)| column[*to] + 1).max().unwrap_or(0);
    }
    let mut chains: Vec<Vec<usize>> = Vec::new();
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); column.iter().max().map_or(0, |last| last + 1)];
    (0..boxes).for_each(|place| columns[column[place]].push(place));
    for (from, to) in lines {
        let mut chain = vec![*from];
        for station in (column[*to] + 1..column[*from]).rev() {
            columns[station].push(column.len());
            chain.push(column.len());
            column.push(station);
        }
        chain.push(*to);
        chains.push(chain);
    }
    let rows = order(&mut columns, &chains, column.len());
    let at = |place: &usize| (column[*place], rows[*place]);
    Layout {
        boxes: (0..boxes).map(|place| at(&place)).collect(),
        lines: chains.iter().map(|chain| chain.iter().map(at).collect()).collect(),
        rows: columns.iter().map(Vec::len).max().unwrap_or(0),
        columns: columns.len(),
    }
}

/// Orders each column by the middle of its neighbours, to and fro, and gives everyone's row.
fn order(columns: &mut [Vec<usize>], chains: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut before: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut after: HashMap<usize, Vec<usize>> = HashMap::new();
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        before.entry(pair[0]).or_default().push(pair[1]);
        after.entry(pair[1]).or_default().push(pair[0]);
    }
    let mut rows = vec![0; count];
    let number = |column: &[usize], rows: &mut Vec<usize>| {
        column.iter().enumerate().for_each(|(row, place)| rows[*place] = row);
    };
    columns.iter().for_each(|column| number(column, &mut rows));
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        let neighbours = if forward { &before } else { &after };
        let order: Vec<usize> = if forward { (0..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
        for at in order {
            let middle = |place: &usize| -> (usize, usize) {
                let near = neighbours.get(place).map_or(&[][..], Vec::as_slice);
                let sum: usize = near.iter().map(|other| rows[*other] * 1_000).sum();
                (if near.is_empty() { rows[*place] * 1_000 } else { sum / near.len() }, rows[*place])
            };
            let mut keyed: Vec<((usize, usize), usize)> =
                columns[at].iter().map(|place| (middle(place), *place)).collect();
            keyed.sort_unstable();
            columns[at] = keyed.into_iter().map(|(_, place)| place).collect();
            number(&columns[at], &mut rows);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_follow_needs_and_lines_pass_each_column() {
        let made = layout(4, &[(1, 0), (2, 1), (2, 0), (3, 0)]);
        assert_eq!(made.boxes.iter().map(|(column, _)| *column).collect::<Vec<_>>(), [0, 1, 2, 1]);
        assert_eq!(made.lines[2].len(), 3);
        assert_eq!((made.columns, made.rows), (3, 3));
        let mut places = made.boxes.clone();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 4);
        assert_eq!(layout(0, &[]).columns, 0);
    }
}
