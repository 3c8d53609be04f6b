//! The hidden line in an answer that says which comment it answers, how far that is, and which commit it is about.

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

/// What the hidden line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// The comment that asks.
    pub(super) comment: u64,
    /// How far it is.
    pub(super) stage: Stage,
    /// The commit of the pull request that the answer is about.
    pub(super) head: Option<String>,
}

const OPENS: &str = "<!-- vso:answer ";
const CLOSES: &str = " -->";

impl Marker {
    /// The line.
    pub(super) fn line(&self) -> String {
        let head = self.head.as_deref().filter(|head| is_commit(head)).unwrap_or("-");
        format!("{OPENS}{} {} {head}{CLOSES}", self.comment, self.stage.word())
    }

    /// Reads the last line of a body; what is not exactly one is none.
    pub(super) fn read(body: &str) -> Option<Self> {
        let line = body.trim_end().lines().next_back()?;
        let words: Vec<&str> = line.strip_prefix(OPENS)?.strip_suffix(CLOSES)?.split(' ').collect();
        let [comment, stage, head] = words[..] else { return None };
        let stage = [Stage::Working, Stage::Failed, Stage::Done].into_iter().find(|one| one.word() == stage)?;
        Some(Self { comment: comment.parse().ok()?, stage, head: Some(head.to_owned()).filter(|head| is_commit(head)) })
    }
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The answer that vso gave to a comment before, with its own id. What others write is no answer, whatever it says.
pub(super) fn find(comments: &[Comment], asked: u64, me: Option<&str>) -> Option<(u64, Marker)> {
    let own = |comment: &&Comment| me.map_or(comment.by_bot, |me| comment.author == me);
    let marked = |comment: &Comment| {
        Marker::read(&comment.body).filter(|marker| marker.comment == asked).map(|marker| (comment.id, marker))
    };
    comments.iter().filter(own).find_map(marked)
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
        let marker = Marker { comment: 7, stage: Stage::Working, head: Some(head.into()) };
        assert_eq!(Marker::read(&format!("words\n{}\r\n", marker.line())), Some(marker.clone()));
        let none = Marker { head: None, ..marker.clone() };
        assert_eq!(Marker::read(&none.line()), Some(none));
        for body in ["", "<!-- vso:answer 7 done - --> x", "<!-- vso:answer 7 done -->", "<!-- vso:answer x done - -->"]
        {
            assert_eq!(Marker::read(body), None, "{body}");
        }
        let line = marker.line();
        let comments = [comment(1, "mallory", &line), comment(2, "vso[bot]", &line)];
        assert_eq!(find(&comments, 7, Some("vso[bot]")).unwrap().0, 2);
        assert_eq!(find(&comments, 7, None).unwrap().0, 2);
        assert_eq!(find(&comments, 8, None), None);
    }
}
