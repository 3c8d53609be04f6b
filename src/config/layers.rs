//! The layers over each other: defaults, then `vso.toml`, then `VSO_…` variables, then the command line.
//!
//! Each layer is checked when it is laid on, so that an error names the file's line, the variable or the flag.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use toml::{Table, Value};

use super::Config;
use crate::fault::Fault;

/// The file's name, in the project's root.
pub const FILE: &str = "vso.toml";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// `vso.toml`.
    File,
    /// An environment variable, by its name.
    Environment(String),
    /// The command line, as typed (`--platform`, `--config`).
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str(FILE),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "command line {name}"),
        }
    }
}

/// Settings with the source of each value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The values.
    pub config: Config,
    /// Where each came from, by its key (`deploy.port`); a key that is not here has its default.
    pub sources: BTreeMap<String, Source>,
}

impl Settings {
    /// All keys in order, with the value as it would stand in `vso.toml` and where it came from.
    #[must_use]
    pub fn values(&self) -> Vec<(String, String, Source)> {
        let table = Table::try_from(&self.config).expect("settings are plain tables, texts and numbers");
        let source = |key: &str| self.sources.get(key).cloned().unwrap_or(Source::Default);
        leaves(&table).into_iter().map(|(key, value)| (key.clone(), value.to_string(), source(&key))).collect()
    }
}

/// Reads the settings of a project: `vso.toml` in its root, the variables of this process, and `flags`, given as the
/// flag's name, the key and the value.
///
/// # Errors
/// When the file can't be read or a layer can't be understood (exit 2), with the line, the variable or the flag.
pub fn load(root: &Path, flags: &[(&str, String, String)]) -> Result<Settings, Fault> {
    load_text(read(root)?.as_deref(), flags)
}

/// The same over the text of a `vso.toml` that is read from elsewhere, such as a commit.
///
/// # Errors
/// When a layer can't be understood (exit 2).
pub fn load_text(file: Option<&str>, flags: &[(&str, String, String)]) -> Result<Settings, Fault> {
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut given = BTreeMap::new();
    for (name, value) in variables.filter(|(name, _)| name.starts_with("VSO_")) {
        let value = value.into_string().map_err(|_| Fault::usage(format!("{name} is not UTF-8")))?;
        given.insert(name, value);
    }
    layered(file, &given, flags)
}

/// The same over given layers: the text of `vso.toml`, variables by name, flags.
///
/// # Errors
/// When a layer can't be understood (exit 2).
pub fn layered(
    file: Option<&str>,
    variables: &BTreeMap<String, String>,
    flags: &[(&str, String, String)],
) -> Result<Settings, Fault> {
    let mut settings = Settings::default();
    let mut table = Table::new();
    if let Some(text) = file {
        settings.config = toml::from_str(text).map_err(|error| in_file(FILE, text, &error))?;
        table = toml::from_str(text).map_err(|error| in_file(FILE, text, &error))?;
        settings.sources.extend(leaves(&table).into_keys().map(|key| (key, Source::File)));
        check(&settings.config).map_err(|(key, why)| {
            let line = line_of(text, key);
            Fault::usage(format!("{FILE}:{line}: `{key}` {why}")).hint(for_example(key))
        })?;
    }
    for (name, key) in keys().iter().map(|key| (variable(key), key)) {
        if let Some(value) = variables.get(&name) {
            lay(&mut settings, &mut table, key, value, Source::Environment(name))?;
        }
    }
    for (flag, key, value) in flags {
        lay(&mut settings, &mut table, key, value, Source::Flag((*flag).to_owned()))?;
    }
    Ok(settings)
}

/// All keys that have a default, in order: `deploy.image`, `deploy.location`, …
#[must_use]
pub fn keys() -> Vec<String> {
    leaves(&defaults()).into_keys().collect()
}

fn read(root: &Path) -> Result<Option<String>, Fault> {
    let path = root.join(FILE);
    match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            Fault::usage(format!("{FILE}:{line}: not UTF-8")).hint("save the file as UTF-8")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::usage(format!("can't read {}", path.display())).because(&error)),
    }
}

/// Lays one value on. Its text becomes what its default is: a number, a list, or plain text.
fn lay(settings: &mut Settings, table: &mut Table, key: &str, text: &str, source: Source) -> Result<(), Fault> {
    let place = match &source {
        Source::Environment(name) => name.clone(),
        other => format!("{other}: {key}"),
    };
    let refused = |why: &str| Fault::usage(format!("{place}: {why}"));
    let value = typed(key, text).map_err(|why| refused(&why).hint(did_you_mean(key)))?;
    put(table, key, value);
    settings.config = table.clone().try_into().map_err(|error: toml::de::Error| refused(error.message()))?;
    check(&settings.config).map_err(|(key, why)| refused(&format!("`{key}` {why}")))?;
    settings.sources.insert(key.to_owned(), source);
    Ok(())
}

fn typed(key: &str, text: &str) -> Result<Value, String> {
    let parsed =
        || toml::from_str::<Table>(&format!("value = {text}")).ok().and_then(|mut table| table.remove("value"));
    let open = ["lint.rules.", "slicing.synonyms."].iter().any(|prefix| key.starts_with(prefix));
    match leaves(&defaults()).get(key) {
        None if open => Ok(parsed().unwrap_or_else(|| Value::String(text.to_owned()))),
        None => Err(format!("there is no key `{key}`")),
        Some(Value::String(_)) => Ok(Value::String(text.to_owned())),
        Some(_) => parsed().ok_or_else(|| format!("{text:?} is no value for `{key}`")),
    }
}

/// What a value has to be beyond its type.
fn check(config: &Config) -> Result<(), (&'static str, &'static str)> {
    if !config.nightly.zone.is_empty() && config.nightly.time_zone().is_none() {
        return Err(("nightly.zone", "is no time zone that this machine knows"));
    }
    check_paths(config)
}

fn for_example(key: &str) -> &'static str {
    if key == "nightly.zone" {
        "for example `Europe/Berlin`"
    } else {
        "for example `vertical-slices` or `docs/master.md`"
    }
}

/// Paths of a project are relative and stay inside: they say where vso writes.
fn check_paths(config: &Config) -> Result<(), (&'static str, &'static str)> {
    for (key, path) in [("project.master", &config.project.master), ("project.slices", &config.project.slices)] {
        let bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.eq_ignore_ascii_case(".git");
        if path.contains(['\\', ':']) || path.chars().any(char::is_control) || path.split('/').any(bad) {
            return Err((key, "has to be a relative path inside the project, with `/` between its parts"));
        }
    }
    Ok(())
}

fn defaults() -> Table {
    Table::try_from(Config::default()).expect("the defaults are plain tables, texts and numbers")
}

/// The values of a table by dotted key. An empty table has none: what it takes is open.
fn leaves(table: &Table) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), table)];
    while let Some((prefix, table)) = open.pop() {
        for (name, value) in table {
            match value {
                Value::Table(inner) => open.push((format!("{prefix}{name}."), inner)),
                other => {
                    found.insert(format!("{prefix}{name}"), other.clone());
                }
            }
        }
    }
    found
}

fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// `deploy.test-server` is `VSO_DEPLOY_TEST_SERVER`.
fn variable(key: &str) -> String {
    format!("VSO_{}", key.to_uppercase().replace(['.', '-'], "_"))
}

/// `FILE:3:1: …` with the line, a caret under what is wrong, and the nearest key that there is.
pub(super) fn in_file(file: &str, text: &str, error: &toml::de::Error) -> Fault {
    let Some(span) = error.span() else {
        return Fault::usage(format!("{file}: {}", error.message())).hint(example(file));
    };
    let start = text.get(..span.start).map_or(0, |before| before.rfind('\n').map_or(0, |at| at + 1));
    let line = text[start..].lines().next().unwrap_or_default();
    let number = 1 + text[..start].matches('\n').count();
    let indent = text.get(start..span.start).unwrap_or_default().chars().count();
    let wrong = text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
    let gutter = " ".repeat(number.to_string().len());
    let carets = "^".repeat(wrong.chars().count().max(1));
    let message = error.message().lines().next().unwrap_or_default();
    let shown = format!(
        "{file}:{number}:{}: {message}\n{gutter} |\n{number} | {line}\n{gutter} | {}{carets}",
        indent + 1,
        " ".repeat(indent)
    );
    let fault = Fault::usage(shown);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    if unknown { fault.hint(nearest(wrong.trim_matches(['"', '\'']), message)) } else { fault.hint(example(file)) }
}

fn example(file: &str) -> &'static str {
    if file == FILE {
        "`vso init` in an empty folder writes a vso.toml that shows every key"
    } else {
        "deployment/server.toml shows every key"
    }
}

/// The line on which a key of the second level stands, as far as a look at the lines can tell.
fn line_of(text: &str, key: &str) -> usize {
    let name = key.rsplit('.').next().unwrap_or(key);
    let sets = |line: &str| line.split_once('=').is_some_and(|(left, _)| left.trim().ends_with(name));
    1 + text.lines().position(sets).unwrap_or(0)
}

/// serde lists what it expected in back quotes; the nearest of them is the hint, else all of them.
fn nearest(wrong: &str, message: &str) -> String {
    let offered: Vec<&str> = message.split('`').skip(1).step_by(2).skip(1).collect();
    match similar::get_close_matches(wrong, &offered, 1, 0.6).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", offered.join(", ")),
    }
}

fn did_you_mean(key: &str) -> String {
    let keys = keys();
    let offered: Vec<&str> = keys.iter().map(String::as_str).collect();
    match similar::get_close_matches(key, &offered, 1, 0.6).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`vso doctor` lists the keys".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settings, Fault> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let flags: Vec<_> =
            flags.iter().map(|(key, value)| ("--config", (*key).to_owned(), (*value).to_owned())).collect();
        layered(Some(file), &variables, &flags)
    }

    fn check(file: &str, variables: &[(&str, &str)], flags: &[(&str, &str)], expected: &[&str]) {
        let fault = settings(file, variables, flags).unwrap_err().to_string();
        for part in expected {
            assert!(fault.contains(part), "{part:?} is not in\n{fault}");
        }
    }

    #[test]
    fn later_layers_win_and_say_where_they_come_from() {
        let file = "[deploy]\nport = 1\nimage = \"a\"\nlocation = \"x\"\n[slicing.synonyms]\nAuth = [\"login\"]\n";
        let variables = [("VSO_DEPLOY_PORT", "2"), ("VSO_DEPLOY_IMAGE", "b"), ("VSO_MODEL_KEY", "secret")];
        let found = settings(file, &variables, &[("deploy.port", "3"), ("lint.rules.cycle", "off")]).unwrap();
        assert_eq!((found.config.deploy.port, found.config.deploy.image.as_str()), (3, "b"));
        assert_eq!(found.config.slicing.synonyms["Auth"], ["login"]);
        assert_eq!(found.config.lint.rules["cycle"], crate::spec::lint::Severity::Off);
        assert_eq!(found.sources["deploy.port"], Source::Flag("--config".into()));
        assert_eq!(found.sources["deploy.image"], Source::Environment("VSO_DEPLOY_IMAGE".into()));
        assert_eq!(found.sources["deploy.location"], Source::File);
        assert!(!found.sources.contains_key("project.master"));
        assert_eq!(settings("", &[], &[]).unwrap(), Settings::default());
    }

    #[test]
    fn an_error_in_the_file_has_line_caret_and_hint() {
        check(
            "[project]\nmastr = \"x\"\n",
            &[],
            &[],
            &["vso.toml:2:1: unknown field", "2 | mastr = \"x\"\n  | ^^^^^", "hint: did you mean `master`?"],
        );
        check("[deploy]\nport = \"x\"\n", &[], &[], &["vso.toml:2:8: ", "| port = \"x\"\n  |        ^^^"]);
        check("[slicing]\nplatform = \"modl\"\n", &[], &[], &["vso.toml:2:12", "did you mean `modal`?"]);
        check("a = \n", &[], &[], &["vso.toml:1:"]);
        check("[project]\nslices = \"../x\"\n", &[], &[], &["`project.slices` has to be a relative path"]);
        let zone = "[nightly]\n\nzone = \"Mars/Olympus\"\n";
        check(zone, &[], &[], &["vso.toml:3: `nightly.zone` is no time zone", "Europe/Berlin"]);
    }

    #[test]
    fn an_error_in_a_later_layer_names_variable_or_flag() {
        check("", &[("VSO_DEPLOY_PORT", "many")], &[], &["VSO_DEPLOY_PORT: ", "`deploy.port`"]);
        check("", &[("VSO_SLICING_PLATFORM", "moon")], &[], &["VSO_SLICING_PLATFORM: unknown variant"]);
        check("", &[], &[("deploy.prt", "1")], &["no key `deploy.prt`", "did you mean `deploy.port`?"]);
    }

    #[test]
    fn every_key_has_a_default_and_a_variable() {
        let keys = keys();
        assert!(keys.contains(&"project.master".to_owned()) && keys.contains(&"deploy.test-server".to_owned()));
        assert_eq!(variable("deploy.test-server"), "VSO_DEPLOY_TEST_SERVER");
    }
}
