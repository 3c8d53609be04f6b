//! What an author says of a component in labelled words: `Depends on: A, B. Platform: modal. Also called: c.`

use std::sync::LazyLock;

use regex::Regex;

/// What a label stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// Who it needs.
    DependsOn,
    /// Who needs it.
    UsedBy,
    /// Where it runs.
    Platform,
    /// Other names.
    AlsoCalled,
}

/// A labelled clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What the label stands for.
    pub attribute: Attribute,
    /// The label as written.
    pub label: String,
    /// The values.
    pub values: Vec<String>,
    /// Where the clause begins and ends in the text.
    pub range: std::ops::Range<usize>,
}

static CLAUSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?:^|[.;,—–(|]\s*|\s)
        (?P<label>
            (?P<needs>depends\ on|dependencies|dependency|uses|relies\ on|requires\ components?|depends|hängt\ ab\ von|abhängigkeiten|dépend\ de|dépendances|depende\ de|dependencias|依赖|依赖于|依赖模块)
          | (?P<used>used\ by|required\ by|consumers|dependents|被依赖)
          | (?P<platform>platform|runs\ on|hosted\ on|deployment\ platform|deploy\ to|plattform|plateforme|plataforma|平台|部署平台)
          | (?P<called>also\ called|also\ known\ as|a\.?k\.?a\.?|aliases|alias|synonyms?|auch|别名)
        )\s*[:：]\s*(?P<value>[^.;\n。；]*(?:\.\w[^.;\n]*)*)",
    )
    .expect("the pattern is fixed")
});

/// The labelled clauses of a text, in order.
#[must_use]
pub fn clauses(text: &str) -> Vec<Clause> {
    if !text.contains([':', '：']) {
        return Vec::new();
    }
    let read = |found: regex::Captures<'_>| {
        let attribute = if found.name("needs").is_some() {
            Attribute::DependsOn
        } else if found.name("used").is_some() {
            Attribute::UsedBy
        } else if found.name("platform").is_some() {
            Attribute::Platform
        } else {
            Attribute::AlsoCalled
        };
        let label = found.name("label")?;
        let value = found.name("value")?;
        Some(Clause {
            attribute,
            label: label.as_str().to_owned(),
            values: values(value.as_str()),
            range: label.start()..value.end(),
        })
    };
    CLAUSE.captures_iter(text).filter_map(read).collect()
}

/// The names in a list of names: parted by commas, `and`, `&`, `、`.
#[must_use]
pub fn values(text: &str) -> Vec<String> {
    let parted = text.replace(" and ", ",").replace(" und ", ",").replace(" et ", ",").replace(" y ", ",");
    let bare = |name: &str| {
        name.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '*' | '`' | '[' | ']' | '"' | '.'))
            .to_owned()
    };
    let all = parted.split([',', '、', '，', '&', ';', '/', '+']).map(bare);
    all.filter(|name| {
        !name.is_empty()
            && !matches!(name.to_lowercase().as_str(), "none" | "n/a" | "-" | "无" | "keine" | "nothing" | "—")
    })
    .collect()
}

/// A text without its labelled clauses.
#[must_use]
pub fn without(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for clause in clauses(text) {
        rest.push_str(&text[at..clause.range.start]);
        at = clause.range.end;
        let after = &text[at..];
        at += after.len() - after.trim_start_matches(['.', ';', ' ', '。']).len();
    }
    rest.push_str(&text[at..]);
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_clauses_are_taken_out() {
        let text = "Registers people and their membership. Depends on: Notifications, Loans. Platform: modal. Also called: accounts.";
        assert_eq!(without(text), "Registers people and their membership.");
        let found: Vec<(Attribute, Vec<String>)> =
            clauses(text).into_iter().map(|clause| (clause.attribute, clause.values)).collect();
        let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                (Attribute::DependsOn, words(&["Notifications", "Loans"])),
                (Attribute::Platform, words(&["modal"])),
                (Attribute::AlsoCalled, words(&["accounts"])),
            ]
        );
    }

    #[test]
    fn plain_words_stay() {
        let text = "Uses a queue to send mail";
        assert_eq!((clauses(text).len(), without(text).as_str()), (0, text));
    }
}
