//! What people ask for in a comment: `/vso sync`, `/vso resolve master FR-003`. A comment's text in, commands out.
//!
//! A command is a line of plain text whose first word is `/vso`, as a reader of the rendered comment sees it: never in a
//! quote, in code, in an HTML comment, in a list or a table, nor in the mail that an answer quotes. Knows no network.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::spec::lint::nearest::nearest;

/// What a person can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What can be asked for.
    Help,
    /// What a sync would do.
    Plan,
    /// Open, update and end proposals.
    Sync {
        /// Whether a wide plan becomes one proposal a slice.
        wide: bool,
    },
    /// The fresh generation for this proposal's slice; what people wrote otherwise on its branch is asked again.
    Regenerate,
    /// Settle open conflicts of this proposal.
    Resolve {
        /// Whose text stands there afterwards.
        side: Side,
        /// Only conflicts that speak of this item.
        item: Option<String>,
    },
    /// The last sync once more.
    Retry,
    /// How this proposal, or all of them, stand.
    Status,
}

/// A side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The master specification's text.
    Master,
    /// The slice's text.
    Slice,
}

impl Side {
    /// `master` or `slice`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Slice => "slice",
        }
    }
}

impl Command {
    /// The command as it is written, without what a person wrote of their own.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Help => "/vso help".into(),
            Self::Plan => "/vso plan".into(),
            Self::Sync { wide: false } => "/vso sync".into(),
            Self::Sync { wide: true } => "/vso sync --wide".into(),
            Self::Regenerate => "/vso regenerate".into(),
            Self::Resolve { side, .. } => format!("/vso resolve {}", side.word()),
            Self::Retry => "/vso retry".into(),
            Self::Status => "/vso status".into(),
        }
    }
}

/// Why a line that begins with `/vso` is no command. Words of the person are in it as they wrote them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such command.
    #[error("there is no command {word:?}{}", meant(.near))]
    Unknown {
        /// What stands there.
        word: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// More than the command takes.
    #[error("{command} does not take {word:?}{}", meant(.near))]
    Surplus {
        /// The command.
        command: &'static str,
        /// The first word too many.
        word: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// `resolve` without a side.
    #[error("resolve needs a side: `/vso resolve master` or `/vso resolve slice`")]
    NoSide,
    /// `resolve` with another word in its place.
    #[error("resolve takes master or slice, not {word:?}{}", meant(.near))]
    Side {
        /// What stands there.
        word: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// An item's name that no specification has.
    #[error("the item's name is longer than {LONGEST_ITEM} letters")]
    LongItem,
    /// More lines with commands than one comment may have.
    #[error("one comment may hold {MOST} commands; the rest was not read")]
    TooMany,
}

fn meant(near: &Option<&'static str>) -> String {
    near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default()
}

/// What the parser makes of one line.
pub type Parsed = Result<Command, CommandError>;

/// So many commands of a comment are read: each may cost a sync.
pub const MOST: usize = 5;

/// Letters of an item's name.
const LONGEST_ITEM: usize = 200;

/// Longest word that is quoted back.
const LONGEST_WORD: usize = 40;

const VERBS: [&str; 7] = ["help", "plan", "sync", "regenerate", "resolve", "retry", "status"];

/// HTML in which text is shown as code or as a quote. One that is never closed reaches to the end.
const QUOTING: [&str; 9] = ["blockquote", "code", "kbd", "pre", "samp", "script", "style", "template", "tt"];

/// Reads the commands of a comment, in their order.
#[must_use]
pub fn commands(body: &str) -> Vec<Parsed> {
    let mut found: Vec<Parsed> = Vec::new();
    for line in lines(body) {
        let Some(parsed) = parsed(&line) else { continue };
        if found.len() == MOST {
            found.push(Err(CommandError::TooMany));
            break;
        }
        found.push(parsed);
    }
    found
}

/// A word of a line, and whether all of it is plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    is_plain: bool,
}

/// The lines of plain paragraphs as they are seen, word by word.
fn lines(body: &str) -> Vec<Vec<Word>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM;
    let mut reader = Reader::default();
    for event in Parser::new_ext(body, options) {
        if !reader.read(&event) {
            break;
        }
    }
    reader.lines
}

#[derive(Default)]
struct Reader {
    lines: Vec<Vec<Word>>,
    line: Vec<Word>,
    /// Whether the last word may go on.
    is_within: bool,
    /// Blocks that are open around this place, without the paragraph itself.
    blocks: usize,
    in_paragraph: bool,
    /// Elements of HTML that are open and show their content as code or as a quote.
    quoted: Vec<String>,
}

impl Reader {
    /// Takes one event. False where what follows is a quoted mail.
    fn read(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start(Tag::Paragraph) if self.blocks == 0 => self.in_paragraph = true,
            Event::End(TagEnd::Paragraph) if self.blocks == 0 => {
                self.in_paragraph = false;
                return self.end_line();
            }
            Event::Start(tag) if is_block(tag) => self.blocks += 1,
            Event::End(tag) if is_block_end(*tag) => self.blocks = self.blocks.saturating_sub(1),
            Event::SoftBreak | Event::HardBreak => return self.end_line(),
            Event::Html(text) | Event::InlineHtml(text) => self.html(text),
            Event::Text(text) => self.add(text, true),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => self.add(text, false),
            Event::FootnoteReference(text) => self.add(text, false),
            _ => {}
        }
        true
    }

    fn add(&mut self, text: &str, is_plain: bool) {
        if !self.in_paragraph {
            return;
        }
        let is_plain = is_plain && self.quoted.is_empty();
        for (number, part) in text.split(char::is_whitespace).enumerate() {
            if number > 0 {
                self.is_within = false;
            }
            if part.is_empty() {
                continue;
            }
            match self.line.last_mut().filter(|_| self.is_within) {
                Some(word) => {
                    word.text.push_str(part);
                    word.is_plain &= is_plain;
                }
                None => self.line.push(Word { text: part.to_owned(), is_plain }),
            }
            self.is_within = true;
        }
    }

    fn end_line(&mut self) -> bool {
        self.is_within = false;
        let line = std::mem::take(&mut self.line);
        let goes_on = !is_mail_head(&line);
        if !line.is_empty() {
            self.lines.push(line);
        }
        goes_on
    }

    /// Follows elements that quote.
    fn html(&mut self, text: &str) {
        if text.trim_start().starts_with("<!--") {
            return;
        }
        for part in text.split('<').skip(1) {
            let (is_end, part) = part.strip_prefix('/').map_or((false, part), |rest| (true, rest));
            let name: String = part.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
            if !QUOTING.contains(&name.as_str()) {
                continue;
            }
            if !is_end {
                self.quoted.push(name);
            } else if let Some(at) = self.quoted.iter().rposition(|open| *open == name) {
                self.quoted.remove(at);
            }
        }
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. }
            | Tag::HtmlBlock
    )
}

fn is_block_end(tag: TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::HtmlBlock
    )
}

/// The line above the mail that an answer by mail quotes: `On … wrote:`, `-----Original Message-----`.
fn is_mail_head(line: &[Word]) -> bool {
    let text = line.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ").to_lowercase();
    let ruled = text.trim_matches(|letter: char| letter == '-' || letter.is_whitespace());
    (text.starts_with("on ") && text.ends_with("wrote:")) || (text.starts_with("--") && ruled == "original message")
}

/// What a line asks for; none where it is no command.
fn parsed(line: &[Word]) -> Option<Parsed> {
    let (first, rest) = line.split_first()?;
    if !first.is_plain || !first.text.eq_ignore_ascii_case("/vso") {
        return None;
    }
    let Some((verb, rest)) = rest.split_first() else { return Some(Ok(Command::Help)) };
    // Who writes about a command shows it as code; that is none.
    if !verb.is_plain {
        return None;
    }
    Some(command(&verb.text, rest))
}

fn command(verb: &str, rest: &[Word]) -> Parsed {
    let verb = verb.to_lowercase();
    let Some(known) = VERBS.iter().find(|known| **known == verb).copied() else {
        return Err(CommandError::Unknown { word: cut(&verb), near: nearest(&verb, VERBS) });
    };
    let plain = |command: Command| match rest.first() {
        None => Ok(command),
        Some(word) => Err(surplus(known, &word.text)),
    };
    match known {
        "plan" => plain(Command::Plan),
        "regenerate" => plain(Command::Regenerate),
        "retry" => plain(Command::Retry),
        "status" => plain(Command::Status),
        "sync" => match rest {
            // Telephones make a dash of two hyphens.
            [word] if word.is_plain && matches!(word.text.as_str(), "--wide" | "\u{2014}wide" | "\u{2013}wide") => {
                Ok(Command::Sync { wide: true })
            }
            _ => plain(Command::Sync { wide: false }),
        },
        "resolve" => resolve(rest),
        // Whatever stands behind it: a person who asks for help gets it.
        _ => Ok(Command::Help),
    }
}

fn surplus(command: &'static str, word: &str) -> CommandError {
    let near = (command == "sync").then(|| nearest(word, ["--wide"])).flatten();
    CommandError::Surplus { command, word: cut(word), near }
}

fn resolve(rest: &[Word]) -> Parsed {
    let Some((side, item)) = rest.split_first() else { return Err(CommandError::NoSide) };
    let side = match side.text.to_lowercase().as_str() {
        "master" if side.is_plain => Side::Master,
        "slice" if side.is_plain => Side::Slice,
        other => return Err(CommandError::Side { word: cut(other), near: nearest(other, ["master", "slice"]) }),
    };
    let item = item.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    if item.chars().count() > LONGEST_ITEM {
        return Err(CommandError::LongItem);
    }
    Ok(Command::Resolve { side, item: Some(item).filter(|item| !item.is_empty()) })
}

/// A word as it is quoted back.
fn cut(word: &str) -> String {
    let short: String = word.chars().take(LONGEST_WORD).collect();
    if short.len() < word.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[Parsed]) {
        assert_eq!(commands(body), expected, "{body}");
    }

    fn resolve(side: Side, item: Option<&str>) -> Parsed {
        Ok(Command::Resolve { side, item: item.map(str::to_owned) })
    }

    #[test]
    fn a_line_is_a_command() {
        check("/vso sync", &[Ok(Command::Sync { wide: false })]);
        check("/vso sync --wide", &[Ok(Command::Sync { wide: true })]);
        check("  /VSO Plan\r\n", &[Ok(Command::Plan)]);
        check("/vso", &[Ok(Command::Help)]);
        check("/vso help me", &[Ok(Command::Help)]);
        check("Thanks!\n/vso status\nand\n\n/vso retry", &[Ok(Command::Status), Ok(Command::Retry)]);
        check("**/vso regenerate**", &[Ok(Command::Regenerate)]);
        check("/vso resolve master", &[resolve(Side::Master, None)]);
        check("/vso resolve slice FR-003", &[resolve(Side::Slice, Some("FR-003"))]);
        check("/vso resolve slice `POST /auth/login`", &[resolve(Side::Slice, Some("POST /auth/login"))]);
    }

    #[test]
    fn what_is_quoted_or_code_or_unseen_is_none() {
        for body in [
            "> /vso sync",
            "> what\n/vso sync",
            "`/vso sync`",
            "/vso `sync`",
            "```\n/vso sync\n```",
            "```\n/vso sync",
            "    /vso sync",
            "<!-- \n\n/vso sync\n\n-->",
            "<!-- /vso sync -->",
            "a <!--\n/vso sync\n-->",
            "<pre>\n\n/vso sync\n</pre>",
            "<blockquote>\n\n/vso sync\n\n</blockquote>",
            "<b><code>\n/vso sync",
            "- /vso sync",
            "1. a\n\n   /vso sync",
            "| /vso sync |\n| --- |\n| /vso sync |",
            "# /vso sync",
            "[^1]: /vso sync\n\na[^1]",
            "please /vso sync",
            "/vsosync",
            "/vso<!-- -->sync",
            "@x /vso sync",
            "On Monday, A B wrote:\n/vso sync",
            "---- Original Message ----\n\n/vso sync",
            "$$\n/vso sync\n$$",
        ] {
            check(body, &[]);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_was_meant() {
        let unknown = |word: &str, near| Err(CommandError::Unknown { word: word.into(), near });
        check("/vso synk", &[unknown("synk", Some("sync"))]);
        check("/vso deploy", &[unknown("deploy", None)]);
        let Err(error) = &commands("/vso resolv master")[0] else { panic!() };
        assert_eq!(error.to_string(), "there is no command \"resolv\"; did you mean \"resolve\"?");
        check("/vso resolve", &[Err(CommandError::NoSide)]);
        check("/vso resolve mastr", &[Err(CommandError::Side { word: "mastr".into(), near: Some("master") })]);
        let surplus = |command, word: &str, near| Err(CommandError::Surplus { command, word: word.into(), near });
        check("/vso sync --wid", &[surplus("sync", "--wid", Some("--wide"))]);
        check("/vso plan now", &[surplus("plan", "now", None)]);
        check(&format!("/vso resolve slice {}", "x".repeat(300)), &[Err(CommandError::LongItem)]);
    }

    #[test]
    fn a_comment_asks_for_a_few_things_only() {
        let found = commands(&"/vso plan\n".repeat(1_000));
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(found[MOST], Err(CommandError::TooMany));
    }
}
