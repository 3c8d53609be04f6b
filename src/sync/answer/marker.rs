//! The hidden line in an answer that says which comment or press of a button it answers, how far that is, and which commit
//! it is about.

use std::collections::BTreeSet;

use crate::forge::github::Comment;

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It was acknowledged. Whoever finds this goes on.
    Working,
    /// It could not be finished. Whoever finds this tries again.
    Failed,
    /// It is answered, and not done again.
    Done,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Failed => "failed",
            Self::Done => "done",
        }
    }
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A comment, by its id.
    Comment(u64),
    /// A press of a button, by a number of its delivery's.
    Press(u64),
}

/// What the hidden line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// What asks.
    pub(super) of: Of,
    /// How far it is.
    pub(super) stage: Stage,
    /// The commit of the pull request that the answer is about.
    pub(super) head: Option<String>,
}

const OPENS: &str = "<!-- vso:answer ";
const OPENS_PRESS: &str = "<!-- vso:pressed ";
const CLOSES: &str = " -->";

impl Marker {
    /// The line.
    pub(super) fn line(&self) -> String {
        let head = self.head.as_deref().filter(|head| is_commit(head)).unwrap_or("-");
        let (opens, number) = match self.of {
            Of::Comment(number) => (OPENS, number),
            Of::Press(number) => (OPENS_PRESS, number),
        };
        format!("{opens}{number} {} {head}{CLOSES}", self.stage.word())
    }

    /// Reads the last line of a body; what is not exactly one is none.
    pub(super) fn read(body: &str) -> Option<Self> {
        let line = body.trim_end().lines().next_back()?;
        let (rest, of): (&str, fn(u64) -> Of) = match line.strip_prefix(OPENS) {
            Some(rest) => (rest, Of::Comment),
            None => (line.strip_prefix(OPENS_PRESS)?, Of::Press),
        };
        let words: Vec<&str> = rest.strip_suffix(CLOSES)?.split(' ').collect();
        let [number, stage, head] = words[..] else { return None };
        let stage = [Stage::Working, Stage::Failed, Stage::Done].into_iter().find(|one| one.word() == stage)?;
        let head = Some(head.to_owned()).filter(|head| is_commit(head));
        Some(Self { of: of(number.parse().ok()?), stage, head })
    }
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The answer that vso gave before, with its own id. What others write is no answer, whatever it says.
pub(super) fn find(comments: &[Comment], asked: Of, me: Option<&str>) -> Option<(u64, Marker)> {
    let own = |comment: &&Comment| me.map_or(comment.by_bot, |me| comment.author == me);
    let marked = |comment: &Comment| {
        Marker::read(&comment.body).filter(|marker| marker.of == asked).map(|marker| (comment.id, marker))
    };
    comments.iter().filter(own).find_map(marked)
}

/// The comments that vso answered for good, by what it wrote itself below them.
pub fn answered_comments<'c>(comments: impl Iterator<Item = &'c Comment>, me: Option<&str>) -> BTreeSet<u64> {
    let own = comments.filter(|comment| me.map_or(comment.by_bot, |me| comment.author == me));
    let marked = own.filter_map(|comment| Marker::read(&comment.body)).filter(|marker| marker.stage == Stage::Done);
    let comment = |marker: Marker| match marker.of {
        Of::Comment(id) => Some(id),
        Of::Press(_) => None,
    };
    marked.filter_map(comment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comment(id: u64, author: &str, body: &str) -> Comment {
        Comment {
            id,
            body: body.into(),
            author: author.into(),
            author_id: id,
            by_bot: author.ends_with("[bot]"),
            created_at: String::new(),
            url: String::new(),
        }
    }

    #[test]
    fn an_answer_is_found_again_and_a_forged_one_is_not() {
        let head = "0123456789abcdef0123456789abcdef01234567";
        let marker = Marker { of: Of::Comment(7), stage: Stage::Working, head: Some(head.into()) };
        assert_eq!(Marker::read(&format!("words\n{}\r\n", marker.line())), Some(marker.clone()));
        let none = Marker { head: None, ..marker.clone() };
        assert_eq!(Marker::read(&none.line()), Some(none));
        let pressed = Marker { of: Of::Press(u64::MAX), ..marker.clone() };
        assert_eq!(Marker::read(&pressed.line()), Some(pressed));
        for body in ["", "<!-- vso:answer 7 done - --> x", "<!-- vso:answer 7 done -->", "<!-- vso:answer x done - -->"]
        {
            assert_eq!(Marker::read(body), None, "{body}");
        }
        let line = marker.line();
        let comments = [comment(1, "mallory", &line), comment(2, "vso[bot]", &line)];
        assert_eq!(find(&comments, Of::Comment(7), Some("vso[bot]")).unwrap().0, 2);
        assert_eq!(find(&comments, Of::Comment(7), None).unwrap().0, 2);
        assert_eq!(find(&comments, Of::Comment(8), None), None);
        assert_eq!(find(&comments, Of::Press(7), None), None);
    }
}
