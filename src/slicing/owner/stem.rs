//! Words reduced to what they have in common: "loans" and "loan", "notifications" and "notified".
//!
//! Light on purpose: a wrong reduction gives a mention to the wrong component, a missing one only a lower confidence.

/// A word without its English plural. Takes small letters; other scripts come back as they are.
pub(in crate::slicing) fn singular(word: &str) -> &str {
    if !word.is_ascii() || word.len() < 4 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word;
    }
    for ending in ["sses", "shes", "ches", "xes", "zes"] {
        if word.ends_with(ending) {
            return &word[..word.len() - 2];
        }
    }
    word.strip_suffix('s').unwrap_or(word)
}

/// The root of a word: what stays without the endings of nouns and verbs. Roots are compared with roots only.
///
/// ```text
/// notifications, notified, notify -> notif      reservation, reserves, reserve -> reserv      catalogues -> catalogu
/// ```
#[cfg_attr(not(test), expect(dead_code, reason = "mentions use it as soon as they land"))]
pub(in crate::slicing) fn root(word: &str) -> String {
    let word = singular(word);
    let word = word.strip_suffix("ship").filter(|rest| rest.len() >= 4).unwrap_or(word);
    if !word.is_ascii() || word.len() < 5 {
        return trim_vowel(word).to_owned();
    }
    for (ending, least) in [
        ("isation", 3),
        ("ization", 3),
        ("ations", 4),
        ("ation", 4),
        ("ition", 4),
        ("ment", 4),
        ("ings", 4),
        ("ing", 3),
        ("ied", 3),
        ("ies", 3),
        ("ier", 3),
        ("ate", 4),
        ("ion", 4),
        ("ed", 3),
        ("er", 3),
        ("or", 4),
        ("ie", 3),
    ] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= least
        {
            let rest = if ending == "ation" {
                rest.strip_suffix("ic").filter(|f| f.ends_with('f')).unwrap_or(rest)
            } else {
                rest
            };
            return trim_vowel(undouble(rest)).to_owned();
        }
    }
    trim_vowel(word).to_owned()
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
        check(&["verification", "verify", "verified"]);
    }

    #[test]
    fn plurals() {
        for (many, one) in
            [("loans", "loan"), ("boxes", "box"), ("status", "status"), ("access", "access"), ("数据", "数据")]
        {
            assert_eq!(singular(many), one);
        }
    }
}
