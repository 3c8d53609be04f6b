//! Folder names that are safe everywhere, made from names that people wrote in any script.
//!
//! A slug never holds more than small ASCII letters, digits and single hyphens, so no name becomes a path (law 10).

use std::collections::HashSet;

use crate::spec::text::Fingerprint;

/// The longest slug, in bytes. With `slice-001-` and the files inside, paths stay far below the 260 of Windows.
const LONGEST: usize = 40;

/// Names that Windows keeps for devices, with any ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin", "conout", "clock"];

/// A slug and whether the name had to be changed beyond small letters and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slug {
    /// The slug.
    pub(super) text: String,
    /// Whether an author may be surprised by it.
    pub(super) changed: bool,
}

/// The slug of a component, unlike all that are taken. `lasting` is the component's lasting id: a suffix that is needed
/// comes from it, so that it stays when other components come and go.
pub(super) fn slug(name: &str, lasting: &str, taken: &HashSet<String>) -> Slug {
    let plain = kebab(&any_ascii::any_ascii(name));
    let short = shorten(&plain, LONGEST);
    let usable = if short.is_empty() { "component".to_owned() } else { short };
    let reserved = is_device(&usable);
    let surprising = !name.is_ascii() || name.contains("..") || name.starts_with('.') || name.contains(['/', '\\']);
    let changed = surprising || reserved || usable != plain;
    if !reserved && !plain.is_empty() && !taken.contains(&usable) {
        return Slug { text: usable, changed };
    }
    let digits = Fingerprint::of(lasting);
    let suffixes = [4, 8, 16].map(|length| &digits.as_str()[..length]);
    let candidates = suffixes.map(|suffix| format!("{}-{suffix}", shorten(&usable, LONGEST - 1 - suffix.len())));
    let free = candidates.iter().find(|candidate| !taken.contains(*candidate));
    Slug { text: free.unwrap_or(&candidates[2]).clone(), changed: true }
}

fn kebab(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// At most `longest` bytes, cut between words where a word ends in the second half.
fn shorten(slug: &str, longest: usize) -> String {
    if slug.len() <= longest {
        return slug.to_owned();
    }
    let cut = &slug[..longest];
    let whole = if slug.as_bytes()[longest] == b'-' { Some(longest) } else { cut.rfind('-') };
    let end = whole.filter(|end| *end > longest / 2).unwrap_or(longest);
    cut[..end].trim_end_matches('-').to_owned()
}

fn is_device(slug: &str) -> bool {
    let numbered = |stem: &str| {
        slug.strip_prefix(stem).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    DEVICES.contains(&slug) || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str, changed: bool) {
        let made = slug(name, &format!("component:{name}"), &HashSet::new());
        assert_eq!((made.text.as_str(), made.changed), (expected, changed), "{name:?}");
    }

    #[test]
    fn names_of_every_kind() {
        check("Members", "members", false);
        check("Agent-Core Slice", "agent-core-slice", false);
        check("../../etc", "etc", true);
        check(".git", "git", true);
        check("Überweisung", "uberweisung", true);
        check("数据源", "shujuyuan", true);
        check("🔮", "crystal-ball", true);
        check(&"long name ".repeat(30), "long-name-long-name-long-name-long-name", true);
        check(&"x".repeat(300), &"x".repeat(40), true);
    }

    #[test]
    fn devices_and_nothing_get_a_suffix() {
        for name in ["CON", "nul", "com1", "LPT9", "!!!", "…"] {
            let made = slug(name, name, &HashSet::new());
            assert!(made.changed && made.text.contains('-') && !is_device(&made.text), "{made:?}");
        }
        assert!(!slug("المستخدمين", "x", &HashSet::new()).text.is_empty());
    }

    #[test]
    fn a_second_one_gets_a_suffix_that_stays() {
        let taken = HashSet::from(["resume".to_owned()]);
        let made = slug("Résumé", "component:résumé", &taken);
        assert_eq!(made, slug("Résumé", "component:résumé", &taken));
        assert!(made.text.starts_with("resume-") && made.changed);
    }
}
