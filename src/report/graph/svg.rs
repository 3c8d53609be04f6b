//! The drawing: measures and lines are computed here, words and colours stand in `templates/page/graph.svg`, where
//! every value is escaped.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use super::{Graph, layout};
use crate::slicing::slice::Source;

/// Measures in user units, which are pixels at the natural size.
const BOX_HEIGHT: usize = 52;
const ROW: usize = 76;
const GAP: usize = 96;
const MARGIN: usize = 24;
/// Room above the boxes for the title and below them for the legend.
const HEAD: usize = 44;
const FOOT: usize = 44;
/// Widest and narrowest box.
const WIDEST: usize = 360;
const NARROWEST: usize = 150;
/// A letter is about this wide in bold at the size used, by DejaVu Sans, the widest of the fonts that stand in for
/// `sans-serif`; Han, Kana and emoji take twice as much.
const LETTER: usize = 10;
/// The same for the letters of the heading, of which so many are shown at most.
const HEAD_LETTER: usize = 13;
const HEAD_LETTERS: usize = 72;

#[derive(Serialize)]
struct Shape {
    x: usize,
    y: usize,
    width: usize,
    id: String,
    name: String,
    full: String,
    about: String,
    platform: String,
    link: Option<String>,
}

#[derive(Serialize)]
struct Line {
    path: String,
    class: &'static str,
    words: String,
}

/// Renders the drawing.
pub(super) fn render(graph: &Graph, link: Option<&dyn Fn(&str) -> String>) -> Result<String, minijinja::Error> {
    let place = |id: &str| graph.nodes.iter().position(|node| node.id == id);
    let ends: Vec<(usize, usize, &super::Edge)> =
        graph.edges.iter().filter_map(|edge| Some((place(&edge.from)?, place(&edge.to)?, edge))).collect();
    let pairs: Vec<(usize, usize)> = ends.iter().map(|(from, to, _)| (*from, *to)).collect();
    let layout = layout::layout(graph.nodes.len(), &pairs);
    let names = graph.nodes.iter().map(|node| wide(&node.name));
    let width = (names.max().unwrap_or(0) * LETTER + 32).clamp(NARROWEST, WIDEST);
    let left = |column: usize| MARGIN + column * (width + GAP);
    let top = |row: usize| HEAD + MARGIN + row * ROW;
    let shapes: Vec<Shape> = graph
        .nodes
        .iter()
        .zip(&layout.boxes)
        .map(|(node, (column, row))| Shape {
            x: left(*column),
            y: top(*row),
            width,
            id: format!("{:03}", node.number),
            name: shortened(&node.name, (width - 24) / LETTER),
            full: format!("{} {}", node.id, node.name),
            about: format!("{:03} · {} · {}", node.number, node.version, node.platform),
            platform: node.platform.clone(),
            link: link.map(|link| link(&node.id)),
        })
        .collect();
    let lines: Vec<Line> = ends
        .iter()
        .zip(&layout.lines)
        .map(|((from, to, edge), stations)| Line {
            path: curve(stations, width, &left, &top),
            class: class(edge.source),
            words: format!("{} needs {}: {}", graph.nodes[*from].name, graph.nodes[*to].name, edge.why),
        })
        .collect();
    let columns = layout.columns.max(1);
    let heading = shortened(&graph.heading(), HEAD_LETTERS);
    let boxes = columns * width + (columns - 1) * GAP;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("graph.svg", include_str!("../../../templates/page/graph.svg"))?;
    environment.get_template("graph.svg")?.render(context! {
        width => (2 * MARGIN + boxes.max(wide(&heading) * HEAD_LETTER)).max(420),
        height => HEAD + FOOT + 2 * MARGIN + layout.rows.max(1) * ROW - (ROW - BOX_HEIGHT),
        title => graph.heading(),
        heading,
        description => graph.summary(),
        shapes => Value::from(Serde(shapes)),
        lines => Value::from(Serde(lines)),
        box_height => BOX_HEIGHT,
        margin => MARGIN,
        within => link.is_some(),
        head => HEAD,
        refined => graph.edges.iter().any(|edge| edge.source == Source::Refined),
    })
}

fn class(source: Source) -> &'static str {
    match source {
        Source::Stated => "stated",
        Source::Inferred => "inferred",
        Source::Refined => "refined",
    }
}

/// From the left side of the box that needs, through the stations, to the right side of the box that is needed.
fn curve(
    stations: &[(usize, usize)],
    width: usize,
    left: &dyn Fn(usize) -> usize,
    top: &dyn Fn(usize) -> usize,
) -> String {
    let middle = |row: usize| top(row) + BOX_HEIGHT / 2;
    let mut path = String::new();
    for pair in stations.windows(2) {
        let ((from, row), (to, next)) = (pair[0], pair[1]);
        let (start, end) = (left(from), left(to) + width);
        if path.is_empty() {
            path = format!("M{start} {}", middle(row));
        } else {
            // Straight through the column of a station.
            path.push_str(&format!(" L{start} {}", middle(row)));
        }
        let bend = (start.saturating_sub(end)) / 2;
        path.push_str(&format!(
            " C{} {} {} {} {end} {}",
            start - bend,
            middle(row),
            end + bend,
            middle(next),
            middle(next)
        ));
    }
    path
}

/// The width of a text in letters.
fn wide(text: &str) -> usize {
    text.chars().map(|letter| if u32::from(letter) >= 0x1100 { 2 } else { 1 }).sum()
}

fn shortened(text: &str, letters: usize) -> String {
    if wide(text) <= letters {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if wide(&short) + 3 > letters {
            break;
        }
        short.push(letter);
    }
    short.trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::super::tests::graph;

    #[test]
    fn a_drawing_is_one_well_formed_picture_with_words() {
        let names = ["<script>alert(1)</script>", "Loans & \"Returns\"", &"very long ".repeat(30), "数据源管理"];
        let drawing = graph(&names, &[(1, 0), (2, 1), (2, 0), (3, 2)]).svg().unwrap();
        let parsed = roxmltree::Document::parse(&drawing).unwrap();
        let root = parsed.root_element();
        assert_eq!(root.tag_name().name(), "svg");
        assert!(!parsed.descendants().any(|node| node.has_tag_name("script") || node.tag_name().name() == "script"));
        let count = |class: &str| parsed.descendants().filter(|node| node.attribute("class") == Some(class)).count();
        assert_eq!((count("slice hetzner"), count("slice modal"), count("edge inferred")), (3, 1, 1));
        let title = parsed.descendants().find(|node| node.tag_name().name() == "title").unwrap();
        assert_eq!(title.text(), Some("Slices of T \"<b>\""));
        assert_eq!(graph(&names, &[(1, 0)]).svg().unwrap(), graph(&names, &[(1, 0)]).svg().unwrap());
    }

    /// Widths of DejaVu Sans Bold at 14 px, by letter, as far as these names need them.
    #[test]
    fn names_stay_in_their_boxes_in_a_wide_font() {
        let widths = |name: &str| -> f64 {
            let letter = |letter: char| match letter {
                'i' | 'l' => 4.8,
                't' => 6.7,
                'r' => 6.9,
                'c' | 's' => 8.3,
                'm' => 14.6,
                'R' | 'C' => 10.8,
                _ => 10.0,
            };
            name.chars().map(letter).sum()
        };
        for name in ["Recommendations", "Communication commands", "Catalogue"] {
            let drawing = graph(&[name], &[]).svg().unwrap();
            let parsed = roxmltree::Document::parse(&drawing).unwrap();
            let shape =
                parsed.descendants().find(|node| node.has_tag_name("rect") && node.has_attribute("rx")).unwrap();
            let width: f64 = shape.attribute("width").unwrap().parse().unwrap();
            assert!(widths(name) + 24.0 <= width, "{name}: {} in {width}", widths(name));
        }
    }

    #[test]
    fn an_empty_graph_is_a_picture_too() {
        assert!(roxmltree::Document::parse(&graph(&[], &[]).svg().unwrap()).is_ok());
    }
}
