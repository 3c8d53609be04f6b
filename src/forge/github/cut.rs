//! Texts cut to what GitHub takes, always between two letters and with a word about what is missing. Pure.
//!
//! The numbers: bodies 65,536 characters (found by trial, undocumented); check runs: title 255 characters, summary 65,535,
//! annotations 64 KB; commit statuses 140. Where "characters" may be meant as bytes, both hold.

const TITLE: usize = 256;
const BODY: usize = 65_536;

/// Room for a fence that has to be closed; a longer one costs the end of the text.
const FENCE: usize = 8;

/// A title of a pull request.
pub(super) fn title(text: &str) -> String {
    line(text, TITLE)
}

/// A body of a pull request or comment. Those who know what matters cut before; this is the net below.
pub(super) fn body(text: &str) -> String {
    long(text, BODY)
}

/// One line of at most so many characters.
pub(super) fn line(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

/// A text of at most so many characters and bytes, cut at a line's end where one is near.
pub(super) fn long(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let note = |left: usize| format!("\n\n… {left} more characters do not fit here.\n");
    let room = most - note(text.len()).len();
    let hard = floor(text, room.saturating_sub(FENCE));
    let soft = text[..hard].rfind('\n').filter(|end| *end > hard / 2).unwrap_or(hard);
    let kept = &text[..soft];
    // A fence that the cut left open would swallow the note.
    let fence = open_fence(kept).map(|fence| format!("\n{fence}")).unwrap_or_default();
    let kept = &kept[..floor(kept, room - fence.len())];
    format!("{kept}{fence}{}", note(text[kept.len()..].chars().count()))
}

/// At most so many bytes, cut between two letters.
pub(super) fn bytes(text: &str, most: usize) -> &str {
    &text[..floor(text, most)]
}

fn floor(text: &str, most: usize) -> usize {
    text.floor_char_boundary(most)
}

/// The fence that would close the last code block that is still open.
fn open_fence(text: &str) -> Option<String> {
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start();
        let mark: String = line.chars().take_while(|letter| matches!(letter, '`' | '~')).collect();
        let is_fence = mark.len() >= 3 && mark.chars().all(|letter| mark.starts_with(letter));
        match &open {
            None if is_fence => open = Some(mark),
            Some(begun) if is_fence && mark.starts_with(begun.as_str()) && line.trim_end() == mark => open = None,
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_one_line_and_short_enough() {
        let check = |text: &str, most: usize, expected: &str| assert_eq!(line(text, most), expected);
        check(" a\n b ", 9, "a b");
        check("aäöü", 4, "aäöü");
        check("aäöüx", 4, "aäö…");
        check("ab cd", 4, "ab…");
    }

    #[test]
    fn a_cut_says_what_is_missing_and_closes_its_fence() {
        let text = format!("x\n```rust\n{}", "line\n".repeat(100));
        let cut = long(&text, 200);
        assert!(cut.len() <= 200 && cut.contains("line\n```\n\n… ") && cut.contains("more characters"), "{cut}");
        assert_eq!(long("short", 200), "short");
    }

    proptest! {
        #[test]
        fn whatever_is_cut_fits(text in "[a-zä文`~\n ]{0,700}", most in 120..400usize) {
            let cut = long(&text, most);
            prop_assert!(cut.len() <= most && cut.chars().count() <= most);
            prop_assert!(line(&text, most).chars().count() <= most);
            prop_assert!(bytes(&text, most).len() <= most && text.starts_with(bytes(&text, most)));
        }
    }
}
