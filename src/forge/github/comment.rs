//! Comments under a pull request, reactions to them, and who may do what.

use serde::Deserialize;
use serde_json::{Value, json};

use super::address::escaped;
use super::governor::Cost;
use super::send::{Request, header, read};
use super::wire::Method;
use super::{Credential, Hub, cut};
use crate::fault::Fault;
use crate::ledger::Time;

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its number, which is not the pull request's.
    pub id: u64,
    /// Markdown. Data of whoever wrote it.
    pub body: String,
    /// Who wrote it; `ghost` where the account is gone.
    pub author: String,
    /// Their number, which a rename keeps; 0 where the account is gone.
    pub author_id: u64,
    /// Whether an App or another machine wrote it.
    pub by_bot: bool,
    /// When, as RFC 3339.
    pub created_at: String,
    /// Its page.
    pub url: String,
}

/// A comment and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The comment.
    pub comment: Comment,
    /// The issue or pull request below which it stands.
    pub number: u64,
    /// Whether that is a pull request.
    pub is_pull: bool,
    /// When it was written or changed last, as RFC 3339.
    pub updated_at: String,
}

/// A reaction that vso gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Eyes: it was seen, and something happens.
    Eyes,
    /// Thumbs up: it was done.
    ThumbsUp,
    /// Thumbs down: it was refused.
    ThumbsDown,
    /// A confused face: it was not understood.
    Confused,
    /// A rocket: it is on its way.
    Rocket,
}

impl Reaction {
    /// As GitHub calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Eyes => "eyes",
            Self::ThumbsUp => "+1",
            Self::ThumbsDown => "-1",
            Self::Confused => "confused",
            Self::Rocket => "rocket",
        }
    }
}

/// What somebody may do in the repository, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing.
    None,
    /// See it.
    Read,
    /// Sort issues and pull requests.
    Triage,
    /// Push.
    Write,
    /// Write and some settings.
    Maintain,
    /// Everything.
    Admin,
}

impl Permission {
    /// Whether they may push, and so ask vso to.
    #[must_use]
    pub fn may_write(self) -> bool {
        self >= Self::Write
    }
}

/// Somebody and what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What they may do.
    pub permission: Permission,
    /// Their number, which a rename keeps; none where GitHub does not say it.
    pub user_id: Option<u64>,
}

impl Hub<'_> {
    /// The comments under a pull request, oldest first; not those at lines of the code.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn comments(&self, number: u64) -> Result<Vec<Comment>, Fault> {
        let path = format!("{}/issues/{number}/comments?sort=created", self.repository());
        let found: Result<Vec<RawComment>, _> = self.pages(path);
        let found = found.map_err(|refusal| self.fault(refusal, &format!("the comments of {number} can't be read")))?;
        Ok(found.into_iter().map(Comment::from).collect())
    }

    /// The comments of the whole repository that were written or changed since a moment of GitHub's clock, those that
    /// changed longest ago first; at most so many pages of a hundred, and whether those were all.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn comments_since(&self, since: Time, pages: usize) -> Result<(Vec<Posted>, bool), Fault> {
        let failed = |refusal| self.fault(refusal, "the comments of the repository can't be read");
        let place = format!("{}/issues/comments?sort=updated&direction=asc&since={since}", self.repository());
        let mut found = Vec::new();
        for page in 1..=pages {
            let answer = self.send(Request::get(format!("{place}&per_page=100&page={page}"))).map_err(failed)?;
            let items: Vec<RawComment> = read(&answer).map_err(failed)?;
            found.extend(items.into_iter().filter_map(RawComment::posted));
            if !header(&answer.headers, "link").is_some_and(|link| link.contains("rel=\"next\"")) {
                return Ok((found, true));
            }
        }
        Ok((found, false))
    }

    /// Writes a comment. Where the answer is lost, the comment with this very text is looked for, and given if it is
    /// there; so a body with a marker of its own is never written twice.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn comment(&self, number: u64, body: &str) -> Result<Comment, Fault> {
        let body = cut::body(body);
        let path = format!("{}/issues/{number}/comments", self.repository());
        match self.ask::<RawComment>(Request::create(path, json!({ "body": body }))) {
            Ok(raw) => Ok(raw.into()),
            Err(refusal) => {
                let written = if refusal.is_lost() { self.comments(number)? } else { Vec::new() };
                let found = written.into_iter().rev().find(|comment| same(&comment.body, &body));
                found.ok_or_else(|| self.fault(refusal, &format!("the comment under {number} can't be written")))
            }
        }
    }

    /// Replaces the text of a comment.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn change_comment(&self, id: u64, body: &str) -> Result<(), Fault> {
        let request = Request::change(Method::Patch, self.comment_path(id), json!({ "body": cut::body(body) }));
        let done = self.send(request);
        done.map(|_| ()).map_err(|refusal| self.fault(refusal, &format!("the comment {id} can't be changed")))
    }

    /// Reacts to a comment; the same reaction twice is one.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn react(&self, comment: u64, reaction: Reaction) -> Result<(), Fault> {
        let path = format!("{}/reactions", self.comment_path(comment));
        self.insist(&Request::create(path, json!({ "content": reaction.word() })))
            .map_err(|refusal| self.fault(refusal, &format!("the comment {comment} can't be reacted to")))
    }

    /// What somebody may do here. Who is unknown may do nothing.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3); then the answer is no.
    pub fn permission(&self, login: &str) -> Result<Standing, Fault> {
        let path = format!("{}/collaborators/{}/permission", self.repository(), escaped(login));
        match self.ask::<RawPermission>(Request::get(path)) {
            Ok(raw) => Ok(raw.standing()),
            Err(refusal) if refusal.status() == Some(404) => self
                .nothing_or_blind(refusal)
                .map(|nothing| nothing.unwrap_or(Standing { permission: Permission::None, user_id: None })),
            Err(refusal) => Err(self.fault(refusal, &format!("it can't be known what {login} may do"))),
        }
    }

    /// The login that vso acts under (`NAME[bot]` for an App); none where the token can't say it.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn me(&self) -> Result<Option<String>, Fault> {
        let known = match self.access.credential() {
            Credential::App => self.installation().map(|found| found.app_slug.map(|slug| format!("{slug}[bot]"))),
            Credential::Personal => self.ask::<RawUser>(Request::get("/user".into())).map(|user| Some(user.login)),
            Credential::Action => {
                let viewer = self.graph::<Value>("query { viewer { login } }", &json!({}), Cost::Read);
                viewer.map(|data| data["viewer"]["login"].as_str().map(str::to_owned))
            }
        };
        match known {
            Ok(login) => Ok(login.filter(|login| !login.is_empty())),
            Err(refusal) if refusal.status().is_some_and(|status| status != 401) => Ok(None),
            Err(refusal) => Err(self.fault(refusal, "it can't be known who vso is on GitHub")),
        }
    }

    fn comment_path(&self, id: u64) -> String {
        format!("{}/issues/comments/{id}", self.repository())
    }
}

/// GitHub keeps a body as it was sent, but for line ends and the white space around it.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    plain(one) == plain(other)
}

#[derive(Deserialize)]
pub(super) struct RawUser {
    pub(super) login: String,
    #[serde(default)]
    id: u64,
    #[serde(default, rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct RawComment {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<RawUser>,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    updated_at: String,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    issue_url: String,
}

impl RawComment {
    /// With its place: `…/issues/7`, and a page below `…/pull/7` where that is a pull request.
    fn posted(self) -> Option<Posted> {
        let number = self.issue_url.rsplit('/').next()?.parse().ok()?;
        let is_pull = self.html_url.contains(&format!("/pull/{number}#"));
        Some(Posted { number, is_pull, updated_at: self.updated_at.clone(), comment: self.into() })
    }
}

impl From<RawComment> for Comment {
    fn from(raw: RawComment) -> Self {
        let user = raw.user.unwrap_or_else(|| RawUser { login: "ghost".into(), id: 0, kind: String::new() });
        Self {
            id: raw.id,
            body: raw.body.unwrap_or_default(),
            by_bot: user.kind == "Bot" || user.login.ends_with("[bot]"),
            author: user.login,
            author_id: user.id,
            created_at: raw.created_at,
            url: raw.html_url,
        }
    }
}

#[derive(Deserialize)]
struct RawPermission {
    #[serde(default)]
    permission: String,
    /// Finer than `permission`; a role that an organisation made has its own name.
    #[serde(default)]
    role_name: String,
    #[serde(default)]
    user: Option<RawUser>,
}

impl RawPermission {
    fn standing(self) -> Standing {
        let of = |word: &str| match word {
            "admin" => Some(Permission::Admin),
            "maintain" => Some(Permission::Maintain),
            "write" => Some(Permission::Write),
            "triage" => Some(Permission::Triage),
            "read" => Some(Permission::Read),
            "none" => Some(Permission::None),
            _ => None,
        };
        let permission = of(&self.role_name).or_else(|| of(&self.permission)).unwrap_or(Permission::None);
        Standing { permission, user_id: self.user.map(|user| user.id).filter(|id| *id != 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_and_unknown_ones_may_do_what_their_base_says() {
        let check = |text: &str, expected: Permission| {
            let standing = serde_json::from_str::<RawPermission>(text).unwrap().standing();
            assert_eq!(standing.permission, expected, "{text}");
        };
        check(r#"{"permission":"write","role_name":"maintain"}"#, Permission::Maintain);
        check(r#"{"permission":"read","role_name":"triage"}"#, Permission::Triage);
        check(r#"{"permission":"write","role_name":"release-captain"}"#, Permission::Write);
        check(r#"{"permission":"none"}"#, Permission::None);
        check("{}", Permission::None);
        assert!(Permission::Maintain.may_write() && !Permission::Triage.may_write());
    }
}
