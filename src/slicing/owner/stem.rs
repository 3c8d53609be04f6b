//! Words reduced to what they have in common: "loans" and "loan", "notifications" and "notified".
//!
//! Light on purpose: a wrong reduction gives a mention to the wrong component, a missing one only a lower confidence.

use std::borrow::Cow;

/// A word without its English plural. Takes small letters; other scripts come back as they are.
pub(in crate::slicing) fn singular(word: &str) -> Cow<'_, str> {
    let kept = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    if !word.is_ascii() || word.len() < 4 || kept {
        return word.into();
    }
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= 3) {
        return format!("{rest}y").into();
    }
    if ["sses", "shes", "ches", "xes", "zes"].iter().any(|ending| word.ends_with(ending)) {
        return word[..word.len() - 2].into();
    }
    word.strip_suffix('s').unwrap_or(word).into()
}

/// The root of a word: what stays without the endings of nouns and verbs. Roots are compared with roots only.
///
/// ```text
/// notifications, notified, notify -> notif      reservation, reserves, reserve -> reserv      catalogues -> catalogu
/// ```
pub(in crate::slicing) fn root(word: &str) -> String {
    let one = singular(word);
    let word = one.strip_suffix("ship").filter(|rest| rest.len() >= 4).unwrap_or(&one);
    if !word.is_ascii() || word.len() < 5 {
        return trim_vowel(word).to_owned();
    }
    let bare = cut(word, &[("ied", 3), ("ings", 4), ("ing", 3), ("ed", 3)]).map_or(word, undouble);
    let family = [
        ("isation", 3),
        ("ization", 3),
        ("ation", 4),
        ("ition", 4),
        ("ment", 4),
        ("ier", 3),
        ("ate", 4),
        ("at", 5),
        ("ion", 4),
        ("er", 3),
        ("or", 4),
    ];
    // "notification" and "notify" meet in "notif".
    let verb = bare.strip_suffix("ication").filter(|rest| rest.ends_with('f'));
    let root = verb.or_else(|| cut(bare, &family).map(undouble)).unwrap_or(bare);
    trim_vowel(root).to_owned()
}

/// A word without the first ending that leaves enough of it.
fn cut<'a>(word: &'a str, endings: &[(&str, usize)]) -> Option<&'a str> {
    endings.iter().find_map(|(ending, least)| word.strip_suffix(ending).filter(|rest| rest.len() >= *least))
}

fn trim_vowel(word: &str) -> &str {
    if word.is_ascii() && word.len() > 3 { word.strip_suffix(['e', 'y']).unwrap_or(word) } else { word }
}

/// "planned" and "plan" share "plan".
fn undouble(word: &str) -> &str {
    let bytes = word.as_bytes();
    let [.., before, last] = bytes else { return word };
    if before == last && matches!(last, b'b' | b'd' | b'g' | b'm' | b'n' | b'p' | b'r' | b't') {
        &word[..word.len() - 1]
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str]) {
        let roots: Vec<String> = words.iter().map(|word| root(word)).collect();
        assert!(roots.windows(2).all(|pair| pair[0] == pair[1]), "{words:?} -> {roots:?}");
    }

    #[test]
    fn families_share_a_root() {
        check(&["notifications", "notification", "notified", "notify", "notifies"]);
        check(&["reservations", "reserve", "reserved", "reserving"]);
        check(&["members", "member", "membership"]);
        check(&["recommendations", "recommend", "recommended"]);
        check(&["searches", "search", "searching"]);
        check(&["planned", "plan", "planning", "planner"]);
        check(&["categories", "category"]);
        check(&["schedule", "scheduler", "scheduling"]);
        check(&["payments", "payment"]);
        check(&["registers", "registered", "register"]);
        check(&["authenticate", "authenticated", "authentication"]);
        check(&["create", "created", "creation"]);
        check(&["verification", "verify", "verified"]);
    }

    #[test]
    fn plurals() {
        for (many, one) in [
            ("loans", "loan"),
            ("boxes", "box"),
            ("categories", "category"),
            ("status", "status"),
            ("access", "access"),
            ("数据", "数据"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
