//! What a pull request says on the hosted forge: a proposal's title and body made harmless and cut to fit, the commands
//! that a comment may hold, and a hidden marker that tells later what vso wrote and what people did.
//!
//! Text of specifications is data: it notifies nobody, refers to nothing, closes nothing and holds no marker.

use sha2::{Digest, Sha256};

/// Most characters of a body that GitHub takes (422 beyond; undocumented, seen on github.com in 2026).
pub const BODY: usize = 65_536;

/// Most characters of a title that GitHub takes.
pub const TITLE: usize = 256;

const OPENS: &str = "<!-- vso:proposal ";
const CLOSES: &str = " -->";

/// A space of no width: what stands on both sides of it no longer belongs together.
const APART: char = '\u{200b}';

const COMMANDS: &str = include_str!("../../templates/pull/commands.md");
const RESOLVE: &str = include_str!("../../templates/pull/resolve.md");
const DRAFT: &str = include_str!("../../templates/pull/draft.md");
const REST: &str = include_str!("../../templates/pull/rest.md");

/// What a proposal has to say.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Its number.
    pub number: u32,
    /// `slice-001-auth`, `master-spec`, `slices-all`.
    pub subject: &'a str,
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub body: &'a str,
    /// Whether it waits to be made ready.
    pub draft: bool,
    /// How many conflicts are open.
    pub conflicts: usize,
}

/// A pull request's text, marker included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line, at most [`TITLE`] characters.
    pub title: String,
    /// Markdown, at most [`BODY`] characters.
    pub body: String,
}

/// What vso wrote last into a pull request, as its body says in a comment that nobody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The proposal's number.
    pub number: u32,
    /// What it is about.
    pub subject: String,
    /// Whether vso said that it waits to be made ready.
    pub draft: bool,
    /// Hash of the title.
    pub title: String,
    /// Hash of the body without this marker.
    pub body: String,
}

/// A pull request's text for a proposal that waits.
#[must_use]
pub fn text(said: &Said<'_>) -> Text {
    let mut commands = COMMANDS.to_owned();
    if said.draft {
        commands.push_str(DRAFT);
    }
    if said.conflicts > 0 {
        commands.push_str(RESOLVE);
    }
    written(said, &commands)
}

/// The same for one that nobody waits for any more, with the reason.
#[must_use]
pub fn closed(said: &Said<'_>, reason: &str) -> Text {
    written(said, &format!("\n---\n\n**Closed by vso**: {}\n", defang(&one_line(reason))))
}

fn written(said: &Said<'_>, footer: &str) -> Text {
    let title = cut_line(&defang(&one_line(said.title)), TITLE);
    let marker = |body: &str| Marker {
        number: said.number,
        subject: said.subject.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect(),
        draft: said.draft,
        title: hash(&title),
        body: hash(&normal(body)),
    };
    let room = BODY - units(footer) - units(&marker("").line()) - units(REST) - 64;
    let whole = defang(said.body);
    let mut body = whole.trim_end().to_owned();
    if units(&body) > room {
        body = cut(&body, room).trim_end().to_owned();
        body.push('\n');
        body.push_str(&REST.replace("{number}", &said.number.to_string()));
    } else {
        body.push('\n');
    }
    body.push_str(footer);
    let line = marker(&body).line();
    Text { title, body: format!("{body}\n{line}\n") }
}

impl Marker {
    /// Finds the marker of a body; the last one counts.
    #[must_use]
    pub fn find(body: &str) -> Option<Self> {
        let line = body.lines().rev().find(|line| line.starts_with(OPENS))?;
        let words = line.strip_prefix(OPENS)?.trim_end().strip_suffix(CLOSES)?;
        let mut words = words.split(' ');
        let (number, subject) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        let mut value = |key: &str| words.next()?.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
        let draft = value("draft")? == "1";
        Some(Self { number, subject, draft, title: value("title")?, body: value("body")? })
    }

    /// Whether a title is as vso wrote it.
    #[must_use]
    pub fn wrote_title(&self, title: &str) -> bool {
        self.title == hash(title)
    }

    /// Whether a body is as vso wrote it. Criteria that people ticked off and other ends of lines are no edit.
    #[must_use]
    pub fn wrote_body(&self, body: &str) -> bool {
        self.body == hash(&normal(&unmarked(body)))
    }

    /// The comment.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { number, subject, draft, title, body } = self;
        format!("{OPENS}{number} {subject} draft={} title={title} body={body}{CLOSES}", u8::from(*draft))
    }
}

/// A body that people edited, with another marker and else as it is.
#[must_use]
pub fn remarked(body: &str, marker: &Marker) -> String {
    format!("{}\n{}\n", unmarked(body).trim_end(), marker.line())
}

/// A new body in which the criteria are ticked off that people had ticked off in the old one.
#[must_use]
pub fn ticked(old: &str, new: &str) -> String {
    let done: std::collections::HashSet<String> =
        old.lines().map(|line| line.trim_end_matches('\r')).filter_map(open_box).collect();
    if done.is_empty() {
        return new.to_owned();
    }
    let line = |line: &str| {
        if done.contains(line) { line.replacen("- [ ] ", "- [x] ", 1) } else { line.to_owned() }
    };
    let mut text = new.lines().map(line).collect::<Vec<_>>().join("\n");
    if new.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A line that was ticked off, as it was before.
fn open_box(line: &str) -> Option<String> {
    let rest = line.strip_prefix("- [x] ").or_else(|| line.strip_prefix("- [X] "))?;
    Some(format!("- [ ] {rest}"))
}

fn unmarked(body: &str) -> String {
    body.lines().filter(|line| !line.starts_with(OPENS)).collect::<Vec<_>>().join("\n")
}

/// A body as it is compared: GitHub's editor ends lines in another way, and ticks are no edit.
fn normal(body: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end();
        open_box(line).unwrap_or_else(|| line.to_owned())
    };
    body.lines().map(line).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// So long is a text for GitHub, at most: it counts characters, and nobody says which.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The first lines of a text, up to the start of an item before `room` is full.
fn cut(text: &str, room: usize) -> &str {
    let (mut length, mut at, mut end) = (0, 0, 0);
    let mut fence: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let begins = ["- ", "**", "#", "Note:"].iter().any(|mark| line.starts_with(mark));
        if fence.is_none() && begins {
            end = at;
        }
        length += units(line);
        if length > room {
            return &text[..end];
        }
        at += line.len();
        let ticks = line.bytes().take_while(|byte| *byte == b'`').count();
        fence = match fence {
            None if ticks >= 3 => Some(ticks),
            Some(open) if ticks >= open && line.trim_end().len() == ticks => None,
            same => same,
        };
    }
    text
}

/// A line of at most `most` characters.
fn cut_line(line: &str, most: usize) -> String {
    if units(line) <= most {
        return line.to_owned();
    }
    let mut kept = String::new();
    for letter in line.chars() {
        if units(&kept) + letter.len_utf16() + 1 > most {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words between brackets in a commit's message for which a forge runs no workflow.
const SKIPS: [&str; 5] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]"];

/// What stands before a number in an address that would make a link back.
const REFERRED: [&str; 6] = ["/issues", "/pull", "/pulls", "/discussions", "/commit", "/compare"];

/// Makes a text harmless on a forge, in Markdown, in a commit's message and in a title alike: it mentions nobody, refers
/// to no issue and no commit, holds no HTML, no image and no character that hides or turns others. People see the same.
/// Doing it again changes nothing.
#[must_use]
pub fn defang(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let letters: Vec<char> = text.chars().collect();
    let mut made = String::with_capacity(text.len() + 16);
    let mut at = 0;
    while at < letters.len() {
        let letter = letters[at];
        if is_word(letter) {
            let end = at + letters[at..].iter().take_while(|letter| is_word(**letter)).count();
            word(&mut made, &letters[at..end]);
            at = end;
            continue;
        }
        made.push(if is_unseen(letter) { '\u{fffd}' } else { letter });
        let next = letters.get(at + 1).copied().unwrap_or('\n');
        let breaks = match letter {
            '@' => !next.is_whitespace() && next != APART,
            '#' => next.is_ascii_digit(),
            '<' => next.is_ascii_alphabetic() || matches!(next, '!' | '/' | '?'),
            '&' => next.is_ascii_alphabetic() || next == '#',
            '!' => next == '[',
            '[' => is_skip(&letters[at..]),
            '-' => next.is_ascii_digit() && is_issue_prefix(&letters[..at]),
            '/' => next.is_ascii_hexdigit() && REFERRED.iter().any(|path| ends_with(&letters[..at], path)),
            _ => false,
        };
        if breaks {
            made.push(APART);
        }
        at += 1;
    }
    made
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A word; one that could be a commit's name comes in parts.
fn word(made: &mut String, letters: &[char]) {
    // Seven is the shortest that GitHub takes for a commit, forty a whole one.
    const PART: usize = 6;
    let is_commit = letters.len() > PART && letters.iter().all(char::is_ascii_hexdigit);
    for (at, letter) in letters.iter().enumerate() {
        if is_commit && at > 0 && at % PART == 0 {
            made.push(APART);
        }
        made.push(*letter);
    }
}

/// Characters that steer a display instead of being seen.
fn is_unseen(letter: char) -> bool {
    let is_control = letter.is_control() && !matches!(letter, '\n' | '\t');
    is_control || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_skip(letters: &[char]) -> bool {
    let begins = |words: &&str| words.chars().zip(letters).filter(|(a, b)| *a == b.to_ascii_lowercase()).count();
    SKIPS.iter().any(|words| begins(words) == words.len())
}

/// Whether `GH` stands alone at the end.
fn is_issue_prefix(letters: &[char]) -> bool {
    let [before @ .., first, second] = letters else { return false };
    first.eq_ignore_ascii_case(&'g')
        && second.eq_ignore_ascii_case(&'h')
        && before.last().is_none_or(|letter| !letter.is_ascii_alphanumeric() && *letter != '_')
}

fn ends_with(letters: &[char], word: &str) -> bool {
    letters.len() >= word.len() && word.chars().rev().zip(letters.iter().rev()).all(|(a, b)| a == *b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'a>(title: &'a str, body: &'a str) -> Said<'a> {
        Said { number: 3, subject: "slice-001-auth", title, body, draft: false, conflicts: 0 }
    }

    #[test]
    fn text_of_others_notifies_and_refers_to_nothing() {
        let check = |text: &str, expected: &str| {
            let made = defang(text);
            assert_eq!(made.replace(APART, "·"), expected, "{text:?}");
            assert_eq!(defang(&made), made, "again: {text:?}");
        };
        check("@everyone, a@b.c @ home", "@·everyone, a@·b.c @ home");
        check("fixes #12, acme/design#7, GH-3, HIGH-3, gh-4", "fixes #·12, acme/design#·7, GH-·3, HIGH-3, gh-·4");
        check("https://github.com/a/b/issues/12", "https://github.com/a/b/issues/·12");
        check("see 0123456789abcdef and deadbee", "see 012345·6789ab·cdef and deadbe·e");
        check("R-3f9a2c FR-001 1000 ms", "R-3f9a2c FR-001 1000 ms");
        check("<!-- vso:proposal 1 --> <b>a</b> 1 < 2", "<·!-- vso:proposal 1 --> <·b>a<·/b> 1 < 2");
        check("&#64;alice R&D a & b", "&·#·64;alice R&·D a & b");
        check("![x](u) [skip ci] [CI Skip]", "!·[x](u) [·skip ci] [·CI Skip]");
        check("a\r\nb\rc\u{202e}d\u{0}", "a\nb\nc\u{fffd}d\u{fffd}");
    }

    #[test]
    fn what_vso_wrote_and_what_people_did_is_told_apart() {
        let made = text(&said("slice-001-auth 1.1.0: ~FR-003", "Changed.\n\n- [ ] **AC-1** a\n- [ ] **AC-2** b\n"));
        let marker = Marker::find(&made.body).unwrap();
        assert_eq!((marker.number, marker.subject.as_str(), marker.draft), (3, "slice-001-auth", false));
        assert!(marker.wrote_title(&made.title) && !marker.wrote_title("mine"));
        let ticks = made.body.replace("- [ ] **AC-1**", "- [x] **AC-1**").replace('\n', "\r\n");
        assert!(marker.wrote_body(&made.body) && marker.wrote_body(&ticks));
        assert_eq!(Marker::find(&ticks), Some(marker.clone()));
        let edited = format!("Please look.\n{}", made.body);
        assert!(!marker.wrote_body(&edited));
        let next = text(&said("x", "Changed.\n\n- [ ] **AC-1** a\n- [ ] **AC-3** c\n"));
        let kept = ticked(&ticks, &next.body);
        assert!(kept.contains("- [x] **AC-1** a\n- [ ] **AC-3** c\n"), "{kept}");
        assert!(Marker::find(&kept).unwrap().wrote_body(&kept), "a tick is no edit");
        let other = Marker { draft: true, ..marker };
        assert!(remarked(&edited, &other).starts_with("Please look.\nChanged."));
        assert_eq!(Marker::find(&remarked(&edited, &other)), Some(other));
        assert_eq!(Marker::find("<!-- vso:proposal x -->\n"), None);
    }

    #[test]
    fn what_is_too_long_is_cut_between_items() {
        let item = format!("- new **FR-001** (line 1): {}\n", "word ".repeat(40));
        let whole = format!("What the master says.\n\n{}", item.repeat(400));
        let made = text(&said("x", &whole));
        assert!(units(&made.body) <= BODY && units(&made.body) > BODY - 2_000);
        assert!(made.body.contains("word \n") || made.body.contains("word\n"), "an item is whole");
        assert!(made.body.contains("`vso pr show 3`") && made.body.contains("/vso help"));
        let marker = Marker::find(&made.body).unwrap();
        assert!(marker.wrote_body(&made.body));
        let fence = format!("- a\n**FR-1** in `x`\n\nbase:\n````text\n```\n- b\n{}\n````\n", "c\n".repeat(70_000));
        assert!(text(&said("x", &fence)).body.starts_with("- a\n\n*There is more"), "no fence is left open");
        assert_eq!(units(&text(&said(&"t".repeat(600), "")).title), TITLE);
    }

    #[test]
    fn the_end_says_why() {
        let made = closed(&said("x", "Body.\n"), "nothing of it is wanted any more <!-- x");
        assert!(made.body.starts_with("Body.\n\n---\n\n**Closed by vso**: nothing of it is wanted"), "{}", made.body);
        assert_eq!(made.body.matches("<!--").count(), 1);
        assert!(!made.body.contains("/vso"));
    }
}
