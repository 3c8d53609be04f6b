//! Test functions in Python files, found without running anything.
//!
//! Strings and comments are blanked first: a requirement's text in a docstring may say `def test_…` and is no test.

/// A function of a Python file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Steps that it asks for: `ac_fr_002` for `steps.ac_fr_002(…)`.
    pub steps: Vec<String>,
    /// Whether it does nothing but raise `NotImplementedError`.
    pub is_unimplemented: bool,
}

/// The functions of a file, in its order.
#[must_use]
pub fn functions(text: &str) -> Vec<Function> {
    let bare = blanked(text);
    let lines: Vec<&str> = bare.lines().collect();
    let starts = lines.iter().enumerate().filter_map(|(at, line)| Some((at, name_in(line)?)));
    let function = |(at, name): (usize, &str)| {
        let depth = depth(lines[at]);
        let rest = lines[at + 1..].iter();
        let body: Vec<&str> =
            rest.take_while(|line| line.trim().is_empty() || self::depth(line) > depth).copied().collect();
        let said: Vec<&str> = body.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        Function {
            name: name.to_owned(),
            line: at + 1,
            steps: said.iter().flat_map(|line| steps_in(line)).collect(),
            is_unimplemented: said.iter().all(|line| *line == "pass" || *line == "...")
                || said.iter().any(|line| line.starts_with("raise NotImplementedError")),
        }
    };
    starts.map(function).collect()
}

fn name_in(line: &str) -> Option<&str> {
    let bare = line.trim_start();
    let rest = bare.strip_prefix("async ").map_or(bare, str::trim_start).strip_prefix("def ")?.trim_start();
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    (end > 0).then(|| &rest[..end])
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn steps_in(line: &str) -> Vec<String> {
    let calls = line.split("steps.").skip(1);
    let names = calls.map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next());
    names.flatten().filter(|name| name.starts_with("ac_")).map(str::to_owned).collect()
}

/// The text with what stands in strings and comments replaced by blanks, line by line.
fn blanked(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => string_length(rest, letter),
            _ => 0,
        };
        if length == 0 {
            bare.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            let (inside, after) = rest.split_at(length);
            bare.extend(inside.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    bare
}

/// The bytes of the string literal at the front, quotes included; an open one ends with its line or the text.
fn string_length(text: &str, quote: char) -> usize {
    let triple: String = [quote; 3].iter().collect();
    let is_long = text.starts_with(&triple);
    let open = if is_long { 3 } else { 1 };
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(open) {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if is_long && text[at..].starts_with(&triple) {
            return at + 3;
        } else if !is_long && (letter == quote || letter == '\n') {
            return if letter == quote { at + 1 } else { at };
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, usize, &[&str], bool)]) {
        let found = functions(text);
        let seen: Vec<_> = found
            .iter()
            .map(|found| {
                let steps: Vec<&str> = found.steps.iter().map(String::as_str).collect();
                (found.name.as_str(), found.line, steps, found.is_unimplemented)
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(a, b, c, d)| (*a, *b, c.to_vec(), *d)).collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn functions_with_their_steps() {
        check(
            "import x\n\ndef test_ac_fr_002(api, steps):\n    \"\"\"def test_no():\n    steps.ac_no(api)\"\"\"\n    steps.ac_fr_002(api)\n",
            &[("test_ac_fr_002", 3, &["ac_fr_002"], false)],
        );
        check(
            "class TestA:\n    async def test_b(self):\n        # steps.ac_x()\n        assert 1 == \"steps.ac_y()\"\n\n    def test_c(self): pass\n",
            &[("test_b", 2, &[], false), ("test_c", 6, &[], true)],
        );
        check("def ac_x(api):\n    'it\\'s'\n    raise NotImplementedError('x')\n", &[("ac_x", 1, &[], true)]);
        check("def open('\"\"\"", &[("open", 1, &[], true)]);
    }
}
