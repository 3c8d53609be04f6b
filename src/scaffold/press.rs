//! The template engine, set up so that nothing of a specification gets into a file unescaped.
//!
//! Whatever a template prints is escaped for the language of its file; `safe` does not exist here and escaping can't
//! be switched off. Filters name the places where a literal is not what is wanted: comments, docstrings, names.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::escape::{self, EscapeError, Language};
use super::{ScaffoldError, Templates};

/// Steps that rendering one file may take: over a hundred times what the largest slice needs, so that a template that
/// never ends is an error.
const FUEL: u64 = 50_000_000;

/// All templates, compiled once and shared by all threads.
pub(super) struct Press<'a> {
    environment: Environment<'a>,
}

impl<'a> Press<'a> {
    /// Compiles the templates.
    pub(super) fn new(templates: &'a Templates) -> Result<Self, ScaffoldError> {
        let mut environment = Environment::new();
        environment.remove_filter("safe");
        environment.remove_filter("escape");
        environment.remove_filter("e");
        environment.set_syntax(syntax());
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|path| AutoEscape::Custom(Language::of(path).name().into()));
        environment.set_formatter(format_value);
        for language in [Language::Yaml, Language::Python, Language::Hcl, Language::Markdown, Language::Json] {
            environment.add_filter(language.name(), move |value: Value| {
                literal(language, &value).map(Value::from_safe_string)
            });
        }
        environment.add_filter("docstring", |text: &str| Value::from_safe_string(escape::python_docstring(text)));
        environment.add_filter("prose", |text: &str| Value::from_safe_string(escape::prose(text)));
        environment.add_filter("comment", |state: &State<'_, '_>, text: &str| {
            Value::from_safe_string(escape::comment(text, language_of(state).unwrap_or(Language::Shell)))
        });
        environment.add_filter("identifier", |text: &str| {
            escape::identifier(text).map(Value::from_safe_string).map_err(refused)
        });
        for (path, text) in templates.iter() {
            environment.add_template(path, text).map_err(|error| ScaffoldError::template(path, &error))?;
        }
        Ok(Self { environment })
    }

    /// One file's text.
    pub(super) fn print(&self, path: &str, values: &Value) -> Result<String, ScaffoldError> {
        let template = self.environment.get_template(path).map_err(|error| ScaffoldError::template(path, &error))?;
        template.render(values).map_err(|error| ScaffoldError::template(path, &error))
    }
}

/// Jinja's marks, with lines that hold only a block tag left out of the file.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    syntax.build().expect("Jinja's own marks do not clash")
}

fn format_value(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_safe() {
        let text = value.as_str().unwrap_or_default();
        return out.write_str(text).map_err(Error::from);
    }
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value that is not defined can't be printed"));
    }
    let language = language_of(state).ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, "escaping can't be switched off in templates of slices")
    })?;
    out.write_str(&literal(language, value)?).map_err(Error::from)
}

fn language_of(state: &State<'_, '_>) -> Option<Language> {
    match state.auto_escape() {
        AutoEscape::Custom(name) => Language::named(name),
        _ => None,
    }
}

fn literal(language: Language, value: &Value) -> Result<String, Error> {
    let value = serde_json::to_value(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, "a value can't be printed").with_source(error))?;
    language.literal(&value).map_err(refused)
}

fn refused(error: EscapeError) -> Error {
    Error::new(ErrorKind::InvalidOperation, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn check(path: &str, template: &str, expected: Result<&str, &str>) {
        let templates = Templates::embedded().overlaid([(path.to_owned(), template.to_owned())]);
        let made = Press::new(&templates).and_then(|press| press.print(path, &context! { x => "a\"b ${c}" }));
        match (made, expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (made, expected) => panic!("{template}: {made:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn values_are_escaped_for_the_file_they_stand_in() {
        check("slice/a.py", "x = {{ x }}", Ok(r#"x = "a\"b ${c}""#));
        check("slice/a.tf", "x = {{ x }}", Ok(r#"x = "a\"b $${c}""#));
        check("slice/a.sh", "# {{ x | comment }}\nx={{ x }}", Ok("# a\"b $${c}\nx='a\"b $${c}'"));
        check("slice/a.py", "\"\"\"{{ x | docstring }}\"\"\"", Ok(r#""""a\"b ${c}""""#));
        check("slice/a.md", "{{ x | yaml }} {{ x }}", Ok("\"a\\\"b ${c}\" a\"b \\${c}"));
    }

    #[test]
    fn there_is_no_way_around_escaping() {
        check("slice/a.py", "{{ x | safe }}", Err("unknown filter"));
        check("slice/a.py", "{% autoescape false %}{{ x }}{% endautoescape %}", Err("switched off"));
        check("slice/a.txt", "{{ x }}", Err("quoting rules"));
        check("slice/a.py", "{{ x | identifier }}", Err("no identifier"));
        check("slice/a.py", "{{ nothing }}", Err("undefined"));
        check("slice/a.py", "{% for", Err("slice/a.py"));
    }
}
