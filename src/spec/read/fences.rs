//! Repairs code fences that their author did not mean.
//!
//! A stray fence line swallows everything up to the next one: headings, diagrams, requirements. Two accidents can be
//! told for certain: a fence without language that is still open where a fence with a language opens, and an example
//! in Markdown that holds fences of its own. The offending lines are blanked, so that offsets stay what they are.

/// The text with the offending fence lines blanked, of the same length; none when there are none.
#[must_use]
pub fn repaired(text: &str) -> Option<String> {
    let blanked = offenders(text);
    if blanked.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for (start, end) in blanked {
        bytes[start..end].fill(b' ');
    }
    String::from_utf8(bytes).ok()
}

/// A line that opens or closes a fence.
#[derive(Clone, Copy)]
struct Mark<'a> {
    start: usize,
    end: usize,
    letter: u8,
    length: usize,
    info: &'a str,
}

fn offenders(text: &str) -> Vec<(usize, usize)> {
    let marks = marks(text);
    let mut blanked = Vec::new();
    let mut at = 0;
    while let Some(opener) = marks.get(at).copied() {
        at += 1;
        let fits = |mark: &Mark<'_>| mark.letter == opener.letter && mark.length >= opener.length;
        if is_markdown(opener.info) {
            at = nested(&marks, at, &opener, &mut blanked);
            continue;
        }
        while let Some(mark) = marks.get(at).copied() {
            if fits(&mark) && mark.info.is_empty() {
                at += 1;
                break;
            }
            if fits(&mark) && opener.info.is_empty() && is_language(mark.info) {
                blanked.push((opener.start, opener.end));
                break;
            }
            at += 1;
        }
    }
    blanked
}

/// Finds the end of an example in Markdown whose own fences are balanced; blanks those. Where they do not balance
/// before the example would have to end, CommonMark's reading stands.
fn nested(marks: &[Mark<'_>], from: usize, opener: &Mark<'_>, blanked: &mut Vec<(usize, usize)>) -> usize {
    const MOST: usize = 64;
    let fits = |mark: &Mark<'_>| mark.letter == opener.letter && mark.length >= opener.length;
    let mut depth = 0;
    let mut inner = Vec::new();
    for (index, mark) in marks.iter().enumerate().skip(from).take(MOST) {
        if !fits(mark) {
            continue;
        }
        if mark.info.is_empty() && depth == 0 {
            blanked.append(&mut inner);
            return index + 1;
        }
        depth = if mark.info.is_empty() { depth - 1 } else { depth + 1 };
        inner.push((mark.start, mark.end));
    }
    let close = marks.iter().enumerate().skip(from).find(|(_, mark)| fits(mark) && mark.info.is_empty());
    close.map_or(marks.len(), |(index, _)| index + 1)
}

fn marks(text: &str) -> Vec<Mark<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        let trimmed = line.trim_start_matches(' ');
        let letter = trimmed.bytes().next().filter(|letter| matches!(letter, b'`' | b'~'));
        if let Some(letter) = letter.filter(|_| line.len() - trimmed.len() <= 3) {
            let length = trimmed.bytes().take_while(|byte| *byte == letter).count();
            let info = trimmed[length..].trim();
            if length >= 3 && !(letter == b'`' && info.contains('`')) {
                found.push(Mark { start, end, letter, length, info });
            }
        }
        start += line.len();
    }
    found
}

fn is_markdown(info: &str) -> bool {
    matches!(info.split([' ', '{', ',']).next().unwrap_or_default().to_ascii_lowercase().as_str(), "markdown" | "md")
}

/// A word that names a language, as a fence's info string does.
fn is_language(info: &str) -> bool {
    let word = info.split([' ', '{', ',', ':']).next().unwrap_or_default();
    !word.is_empty()
        && word.len() <= 20
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_#.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(repaired(text).as_deref(), expected);
    }

    #[test]
    fn a_stray_fence_is_blanked() {
        check(
            "```py\nx\n```\n\n    y\n```\n\n### Head\n\n```mermaid\nA-->B\n```\n",
            Some("```py\nx\n```\n\n    y\n   \n\n### Head\n\n```mermaid\nA-->B\n```\n"),
        );
    }

    #[test]
    fn sound_fences_stay() {
        check("```\nx\n```\n\n```py\ny\n```\n", None);
        check("~~~\n```py\n~~~\n", None);
        check("no fence", None);
    }

    #[test]
    fn fences_inside_a_markdown_example_are_part_of_it() {
        check(
            "```markdown\n# T\n```sql\nx\n```\n## U\n```\nend\n",
            Some("```markdown\n# T\n      \nx\n   \n## U\n```\nend\n"),
        );
        check("```markdown\n# T\n```\ntext\n```sql\nx\n```\n", None);
    }
}
