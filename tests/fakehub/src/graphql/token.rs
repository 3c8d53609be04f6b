//! GraphQL text cut into tokens, each with its place; commas, blanks and comments are nothing.

/// Where something stands, both from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `!`, `$`, `&`, `(`, `)`, `...`, `:`, `=`, `@`, `[`, `]`, `{`, `|`, `}`
    Sign(&'static str),
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: Kind,
    pub place: Place,
}

/// What can't be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub message: String,
    pub place: Place,
}

const SIGNS: &[&str] = &["...", "!", "$", "&", "(", ")", ":", "=", "@", "[", "]", "{", "|", "}"];

/// All tokens; the last is [`Kind::End`].
pub fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut cutter = Cutter { rest: text, place: Place { line: 1, column: 1 } };
    let mut found = Vec::new();
    loop {
        cutter.skip();
        let place = cutter.place;
        let kind = cutter.next()?;
        let is_end = kind == Kind::End;
        found.push(Token { kind, place });
        if is_end {
            return Ok(found);
        }
    }
}

struct Cutter<'a> {
    rest: &'a str,
    place: Place,
}

impl<'a> Cutter<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        for character in taken.chars() {
            if character == '\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !is(character)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn skip(&mut self) {
        loop {
            self.take_while(|character| matches!(character, ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}'));
            if !self.rest.starts_with('#') {
                return;
            }
            self.take_while(|character| character != '\n');
        }
    }

    fn next(&mut self) -> Result<Kind, SyntaxError> {
        let Some(first) = self.rest.chars().next() else { return Ok(Kind::End) };
        if let Some(sign) = SIGNS.iter().find(|sign| self.rest.starts_with(**sign)) {
            self.take(sign.len());
            return Ok(Kind::Sign(sign));
        }
        match first {
            '_' | 'a'..='z' | 'A'..='Z' => Ok(Kind::Name(
                self.take_while(|character| character == '_' || character.is_ascii_alphanumeric()).into(),
            )),
            '-' | '0'..='9' => self.number(),
            '"' if self.rest.starts_with("\"\"\"") => self.block(),
            '"' => self.text(),
            other => Err(self.wrong(format!("Unexpected character {other:?}"))),
        }
    }

    fn wrong(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), place: self.place }
    }

    fn number(&mut self) -> Result<Kind, SyntaxError> {
        let at = self.wrong("a number that can't be read");
        let text = self.take_while(|character| matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        if text.contains(['.', 'e', 'E']) {
            return text.parse().map(Kind::Float).map_err(|_| at);
        }
        text.parse().map(Kind::Int).map_err(|_| at)
    }

    fn block(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.wrong("a text that doesn't end");
        self.take(3);
        let mut text = String::new();
        loop {
            let end = self.rest.find("\"\"\"").ok_or_else(|| start.clone())?;
            let part = self.take(end);
            self.take(3);
            match part.strip_suffix('\\') {
                Some(part) => text.extend([part, "\"\"\""]),
                None => {
                    text.push_str(part);
                    return Ok(Kind::Text(dedent(&text)));
                }
            }
        }
    }

    fn text(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.wrong("a text that doesn't end");
        self.take(1);
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|character| !matches!(character, '"' | '\\' | '\n')));
            match self.rest.chars().next() {
                Some('"') => {
                    self.take(1);
                    return Ok(Kind::Text(text));
                }
                Some('\\') => text.push(self.escape()?),
                _ => return Err(start),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let wrong = self.wrong("an escape that GraphQL doesn't know");
        let sign = self.rest.chars().nth(1).ok_or_else(|| wrong.clone())?;
        let plain = match sign {
            '"' | '\\' | '/' => sign,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let code = self.rest.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let character = code.and_then(char::from_u32).ok_or(wrong)?;
                self.take(6);
                return Ok(character);
            }
            _ => return Err(wrong),
        };
        self.take(2);
        Ok(plain)
    }
}

/// A block text without the indentation that all its lines but the first have, and without blank lines at its ends.
fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
    let depth = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let indent = lines.iter().skip(1).filter(|line| !blank(line)).map(depth).min().unwrap_or(0);
    let cut = |(at, line): (usize, &&str)| if at == 0 { *line } else { line.get(indent..).unwrap_or("") }.to_owned();
    let mut lines: Vec<String> = lines.iter().enumerate().map(cut).collect();
    while lines.last().is_some_and(|line| blank(line)) {
        lines.pop();
    }
    let first = lines.iter().position(|line| !blank(line)).unwrap_or(lines.len());
    lines.split_off(first).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Kind]) {
        let found: Vec<Kind> = tokens(text).unwrap().into_iter().map(|token| token.kind).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn texts_numbers_and_signs() {
        use Kind::{End, Float, Int, Name, Sign, Text};
        check("{a, b} # c", &[Sign("{"), Name("a".into()), Name("b".into()), Sign("}"), End]);
        check("...on", &[Sign("..."), Name("on".into()), End]);
        check("-3 4.5 1e3", &[Int(-3), Float(4.5), Float(1000.0), End]);
        check(r#""a\"\n\u00e4""#, &[Text("a\"\nä".into()), End]);
        check("\"\"\"\n  one\n    two\n  \"\"\"", &[Text("one\n  two".into()), End]);
        check(r#""""a\"""b""""#, &[Text("a\"\"\"b".into()), End]);
    }

    #[test]
    fn what_is_broken_has_a_place() {
        for (text, line, column) in
            [("{\n  ?", 2, 3), ("\"open", 1, 1), ("\"a\nb\"", 1, 1), ("\"\\x\"", 1, 2), ("1.2.3", 1, 1)]
        {
            assert_eq!(tokens(text).unwrap_err().place, Place { line, column }, "{text}");
        }
    }
}
