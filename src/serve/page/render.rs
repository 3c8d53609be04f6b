//! The templates and what they share: every value is escaped, letters that hide or turn text are shown as such, and
//! what came of a deed is kept until the next page has said it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, escape_formatter};
use rust_embed::RustEmbed;
use serde::Serialize;

use super::markdown;
use crate::fault::Fault;
use crate::serve::session::Key;
use crate::serve::view::{Projects, SeenServer};

/// Outcomes that are kept; the oldest go.
const KEPT: usize = 256;

#[derive(RustEmbed)]
#[folder = "templates/page/"]
#[include = "dashboard/*.html"]
#[include = "session/*.html"]
struct Templates;

/// What came of a deed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Outcome {
    pub(super) is_good: bool,
    pub(super) words: String,
    pub(super) notes: Vec<String>,
}

/// The last ones with their numbers, each for the session that it came of; and the last number.
type Outcomes = (u64, VecDeque<(u64, Key, Outcome)>);

/// What all pages share.
#[derive(Debug)]
pub struct Pages {
    /// The repositories that are shown.
    pub projects: Projects,
    /// What was found of the server last.
    pub server: SeenServer,
    templates: Environment<'static>,
    outcomes: Mutex<Outcomes>,
}

impl Pages {
    /// The pages of these repositories.
    ///
    /// # Errors
    /// When a built-in template is broken, which a test rules out (exit 3).
    pub fn new(projects: Projects) -> Result<Self, Fault> {
        let templates = environment().map_err(|error| broken(&error))?;
        Ok(Self { projects, server: SeenServer::default(), templates, outcomes: Mutex::default() })
    }

    pub(in crate::serve) fn render(&self, template: &str, values: Value) -> Result<String, Fault> {
        let render = || self.templates.get_template(template)?.render(values);
        render().map_err(|error| broken(&error))
    }

    /// Keeps what came of a deed, for the page of the same session that follows it.
    pub(super) fn say(&self, session: Key, outcome: Outcome) -> u64 {
        let mut kept = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 += 1;
        let id = kept.0;
        kept.1.push_back((id, session, outcome));
        if kept.1.len() > KEPT {
            kept.1.pop_front();
        }
        id
    }

    pub(super) fn said(&self, session: Key, id: u64) -> Option<Outcome> {
        let kept = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.iter().find(|(other, of, _)| (*other, *of) == (id, session)).map(|(_, _, outcome)| outcome.clone())
    }
}

fn broken(error: &Error) -> Fault {
    Fault::unfinished("a page can't be rendered").because(error)
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(shown);
    environment.add_filter("short", short);
    environment.add_filter("moment", moment);
    environment.add_filter("markdown", |text: &str| Value::from_safe_string(markdown::safe(text)));
    environment.add_filter("address", address);
    environment.add_global("version", env!("CARGO_PKG_VERSION"));
    for path in Templates::iter() {
        let file = Templates::get(&path).map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        environment.add_template_owned(name, file.unwrap_or_default())?;
    }
    Ok(environment)
}

/// Prints a value: text from specifications, branches and people must neither run nor turn what stands around it.
fn shown(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.kind() == ValueKind::String && !value.is_safe() && text.contains(is_hidden) => {
            escape_formatter(out, state, &Value::from(visible(text)))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// Letters that a page must not pass on as they are: controls, and those that turn the direction of text.
fn is_hidden(letter: char) -> bool {
    (letter.is_control() && letter != '\n' && letter != '\t')
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(letter, '\u{e0000}'..='\u{e007f}')
}

/// A text with such letters replaced.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|letter| if is_hidden(letter) { '\u{fffd}' } else { letter }).collect()
}

/// At most so many letters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `2026-01-31 02:00:07` of an RFC 3339 moment in UTC.
fn moment(text: &str) -> String {
    let plain: String = text.chars().take(19).collect();
    plain.replacen('T', " ", 1)
}

/// A path as a part of an address.
fn address(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        let environment = environment().unwrap();
        assert!(environment.templates().count() >= 15);
    }

    #[test]
    fn values_are_text() {
        let environment = environment().unwrap();
        let check = |text: &str, expected: &str| {
            let said = environment.render_named_str("x.html", "{{ t }}", minijinja::context! { t => text }).unwrap();
            assert_eq!(said, expected);
        };
        check("<script>'\"&", "&lt;script&gt;&#x27;&quot;&amp;");
        check("{{ 7 * 7 }}", "{{ 7 * 7 }}");
        check("a\u{202e}b\u{2066}c\u{7}d\ne", "a\u{fffd}b\u{fffd}c\u{fffd}d\ne");
    }

    #[test]
    fn paths_become_addresses() {
        assert_eq!(address("tests/a b#?%\u{e9}.py"), "tests/a%20b%23%3F%25%C3%A9.py");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(moment("2026-01-31T02:00:07.123Z"), "2026-01-31 02:00:07");
    }
}
