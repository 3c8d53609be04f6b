//! Who and what a Markdown text mentions: `@login` and `#12` as words, but not in code.

/// The logins after `@`, in order, once each; lower case is not forced.
pub fn mentioned(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in after(text, '@') {
        let login = login(&word);
        if !login.is_empty() && !found.iter().any(|known| known.eq_ignore_ascii_case(login)) {
            found.push(login.to_owned());
        }
    }
    found
}

/// The numbers after `#`, in order, once each.
pub fn referenced(text: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for word in after(text, '#') {
        let end = word.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(word.len());
        let is_word = !word[end..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        if let (true, Ok(number)) = (is_word, word[..end].parse())
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    found
}

/// What follows each mark that begins a word outside code, to the end of its line.
fn after(text: &str, mark: char) -> Vec<String> {
    let mut found = Vec::new();
    for line in outside_fences(text) {
        let line = without_code_spans(line);
        let mut before: Option<char> = None;
        for (at, letter) in line.char_indices() {
            if letter == mark && !before.is_some_and(|before| before.is_alphanumeric() || "_/`@.-&".contains(before)) {
                found.push(line[at + mark.len_utf8()..].to_owned());
            }
            before = Some(letter);
        }
    }
    found
}

/// The login that a text begins with: letters, digits and inner hyphens.
fn login(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(text.len());
    if text.starts_with('-') { "" } else { text[..end].trim_end_matches('-') }
}

/// The lines that are in no fenced block and not indented as code.
fn outside_fences(text: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) if !line.starts_with("    ") && !line.starts_with('\t') => lines.push(line),
            _ => {}
        }
    }
    lines
}

/// A line with its code spans blanked.
fn without_code_spans(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        plain.push_str(&rest[..at]);
        let ticks = rest[at..].chars().take_while(|letter| *letter == '`').count();
        let inner = &rest[at + ticks..];
        let fence = "`".repeat(ticks);
        match inner.find(&fence) {
            Some(end) => {
                plain.push(' ');
                rest = &inner[end + ticks..];
            }
            None => {
                plain.push_str(&fence);
                rest = inner;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::{mentioned, referenced};

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(mentioned(text), expected, "{text:?}");
    }

    #[test]
    fn a_mention_is_a_word_outside_code() {
        check("@alice and (@bob-b), @alice", &["alice", "bob-b"]);
        check("a@example.org x/@y @-no", &[]);
        check("`@alice` ``a ` @bob`` @carol", &["carol"]);
        check("```\n@alice\n```\n    @bob\n@carol", &["carol"]);
        check("an open ` tick @alice", &["alice"]);
        check("@\u{200b}alice &#64;bob", &[]);
    }

    #[test]
    fn a_reference_is_a_number_after_a_hash() {
        assert_eq!(referenced("fixes #12, (#3) #12"), [12, 3]);
        assert_eq!(referenced("a#1 &#39; `#2` #3x # 4 #\u{200b}5\n```\n#6\n```"), Vec::<u64>::new());
    }
}
