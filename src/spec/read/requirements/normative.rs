//! Which sentences bind: the key words of RFC 2119 and their equivalents in running text of several languages,
//! and the plain prohibitions, restrictions and retention rules that authors write without a key word.
//!
//! Words are looked at one by one with their neighbours; there is no pattern to run over the text, so the cost is
//! that of splitting it.

use std::borrow::Cow;

/// How strongly a sentence binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// A restriction or an obligation in plain words ("never", "requires", "is only kept").
    Plain,
    /// A key word ("must", "shall", "should", "needs to", "必须", "muss").
    KeyWord,
    /// A key word in capitals, as RFC 2119 wants it.
    Capitals,
}

/// How strongly a sentence binds; none when it does not.
#[must_use]
pub fn force(sentence: &str) -> Option<Force> {
    let spoken =
        sentence.trim_end_matches(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '”' | '」' | '\''));
    if sentence.len() < 6 || spoken.ends_with(['?', '？']) {
        return None;
    }
    let words = words(sentence);
    let ascii = (0..words.len()).filter_map(|at| cue(&words, at)).max();
    let found = if sentence.is_ascii() { ascii } else { ascii.max(unspaced(sentence)) };
    found.filter(|_| !speaks_of_key_words(&words))
}

/// A word with the facts that the rules look at.
struct Word<'a> {
    lower: Cow<'a, str>,
    capitals: bool,
}

fn words(sentence: &str) -> Vec<Word<'_>> {
    let split = sentence.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '\'' | '’' | '-' | '_')));
    let spoken = split.filter(|word| !word.is_empty());
    spoken
        .map(|word| Word { lower: lower(word), capitals: word.len() > 2 && word.chars().all(char::is_uppercase) })
        .collect()
}

/// Most words are in lower case already and cost no allocation.
fn lower(word: &str) -> Cow<'_, str> {
    let is_lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

/// A sentence that explains the key words themselves, or names three of them side by side.
fn speaks_of_key_words(words: &[Word<'_>]) -> bool {
    let key = |word: &&Word<'_>| {
        matches!(word.lower.as_ref(), "must" | "shall" | "should" | "may" | "required" | "recommended")
    };
    let explains = |word: &Word<'_>| {
        matches!(word.lower.as_ref(), "interpreted" | "indicate" | "indicates" | "denote" | "keywords" | "rfc2119")
    };
    words.iter().filter(key).take(2).count() == 2 && words.iter().any(explains)
}

/// What the word at a place does to the sentence.
fn cue(words: &[Word<'_>], at: usize) -> Option<Force> {
    let word = &words[at];
    let at_word = |place: usize| words.get(place).map_or("", |word| word.lower.as_ref());
    let before = |back: usize| at.checked_sub(back).map_or("", at_word);
    let (next, after) = (at_word(at + 1), at_word(at + 2));
    let key = |holds: bool| holds.then_some(if word.capitals { Force::Capitals } else { Force::KeyWord });
    let plain = |holds: bool| holds.then_some(Force::Plain);
    match word.lower.as_ref() {
        "must" | "mustn't" | "mustn’t" => key(!meta(next, after)),
        "shall" | "shan't" => key(!meta(next, after)),
        "should" | "shouldn't" | "shouldn’t" => {
            key(at > 0 && !meta(next, after) && !addressed_to_reader(before(1), next))
        }
        "need" | "needs" => key(next == "to"
            && !unbinding(before(1), before(2))
            && !is_article(before(1))
            && !meta_after(words, at + 2)),
        "has" | "have" => {
            key(next == "to" && !unbinding(before(1), before(2)) && after != "do" && !meta_after(words, at + 2))
        }
        "required" => {
            let passive = is_be(before(1)) || (is_be(before(2)) && before(1).ends_with("ly"));
            let free = !unbinding(before(2), before(3)) && before(1) != "not" && before(2) != "not";
            if word.capitals { key(true) } else { plain(passive && free) }
        }
        "recommended" => key(word.capitals),
        "require" | "requires" => plain(at > 0 && !unbinding(before(1), before(2))),
        "responsible" => plain(matches!(next, "for" | "to") && is_be_or_adverb(before(1))),
        "prerequisite" => plain(matches!(next, "for" | "to" | "is")),
        "acceptable" | "allowed" | "permitted" => plain(before(1) == "not" && is_be(before(2))),
        "mandatory" | "obligatory" | "compulsory" => plain(is_be(before(1)) || word.capitals),
        "forbidden" | "prohibited" | "disallowed" | "denied" => plain(is_be(before(1)) || is_be(before(2))),
        "restricted" | "limited" => plain(next == "to" && (is_be(before(1)) || is_be(before(2)))),
        "never" => plain(next != "ending" && at + 1 < words.len()),
        "only" => plain(restricts(before(1), next)),
        "not" | "isn't" | "aren't" => plain(withholds(words, at, word.lower == "not")),
        "will" => plain(next == "be" && keeps_or_removes(after)),
        "no" => plain(
            at == 0
                && words.iter().take(6).any(|word| matches!(word.lower.as_ref(), "is" | "are"))
                && is_passive_early(words),
        ),
        "conform" | "conforms" | "comply" | "complies" | "adhere" | "adheres" => {
            plain(matches!(next, "to" | "with") && !unbinding(before(1), before(2)))
        }
        "that" => plain(
            matches!(before(1), "important" | "essential" | "crucial" | "imperative" | "necessary" | "ensured")
                && next != "note",
        ),
        other => foreign(other).then_some(Force::KeyWord),
    }
}

/// Key words of other languages written with spaces between words.
fn foreign(word: &str) -> bool {
    matches!(
        word,
        // German
        "muss" | "müssen" | "musst" | "soll" | "sollen" | "sollte" | "sollten" | "darf" | "dürfen" | "mussten"
        // French
        | "doit" | "doivent" | "devra" | "devront" | "devrait" | "devraient"
        // Spanish
        | "debe" | "deben" | "deberá" | "deberán" | "debería" | "deberían"
        // Portuguese and Italian
        | "deve" | "devem" | "deverá" | "deverão" | "devono" | "dovrà" | "dovranno"
        // Dutch
        | "moet" | "moeten"
        // Russian
        | "должен" | "должна" | "должно" | "должны" | "необходимо" | "обязан" | "следует"
        // Polish
        | "musi" | "muszą" | "powinien" | "powinna" | "powinno"
    )
}

/// "It must be noted", "limits that need to be considered": about the text, not about the system.
fn meta(next: &str, after: &str) -> bool {
    let about = |word: &str| {
        matches!(
            word,
            "noted"
                | "considered"
                | "mentioned"
                | "remembered"
                | "emphasized"
                | "emphasised"
                | "stressed"
                | "kept"
                | "understood"
                | "pointed"
        )
    };
    matches!(next, "have" if after.is_empty()) || (next == "be" && about(after)) || matches!(next, "note" | "see")
}

fn meta_after(words: &[Word<'_>], at: usize) -> bool {
    let word = |place: usize| words.get(place).map_or("", |word| word.lower.as_ref());
    meta(word(at), word(at + 1)) || (word(at) == "be" && matches!(word(at + 1), "taken" | "made" | "done" | "decided"))
}

/// "You should see", "should you want".
fn addressed_to_reader(before: &str, next: &str) -> bool {
    (before == "you" && matches!(next, "see" | "now" | "get" | "have" | "find")) || next == "you"
}

fn is_be(word: &str) -> bool {
    matches!(word, "is" | "are" | "be" | "being" | "was" | "were")
}

fn is_be_or_adverb(word: &str) -> bool {
    is_be(word) || matches!(word, "then" | "also" | "solely" | "fully" | "primarily" | "mainly" | "only")
}

fn is_article(word: &str) -> bool {
    matches!(word, "the" | "a" | "any" | "no" | "this" | "that" | "of" | "real" | "special")
}

/// Words before a verb that take its force away: "does not require", "might need to", "would have to".
fn unbinding(before: &str, further: &str) -> bool {
    let weak = |word: &str| {
        matches!(
            word,
            "not"
                | "don't"
                | "doesn't"
                | "don’t"
                | "doesn’t"
                | "would"
                | "might"
                | "may"
                | "could"
                | "without"
                | "can"
                | "longer"
                | "if"
                | "when"
                | "didn't"
        )
    };
    weak(before)
        || (weak(further) && (before.ends_with("ly") || matches!(before, "be" | "always" | "also" | "then")))
        || matches!(before, "no" | "to")
}

/// "is only kept", "can only be read", "only communicate with".
fn restricts(before: &str, next: &str) -> bool {
    let participle = next.len() > 3
        && (next.ends_with("ed")
            || matches!(next, "be" | "shown" | "sent" | "kept" | "held" | "given" | "read" | "done" | "made"));
    (is_be(before) && participle && next != "be")
        || (matches!(before, "can" | "may" | "could") && next == "be" && before != "could")
        || matches!(next, "communicate" | "accept" | "allow" | "permit")
}

/// "is not shared", "are not visible": data that stays where it is.
fn withholds(words: &[Word<'_>], at: usize, needs_be: bool) -> bool {
    let word = |place: usize| words.get(place).map_or("", |word| word.lower.as_ref());
    if needs_be && !at.checked_sub(1).is_some_and(|back| matches!(word(back), "is" | "are")) {
        return false;
    }
    let verb = if word(at + 1).ends_with("ly") { word(at + 2) } else { word(at + 1) };
    matches!(
        verb,
        "shared"
            | "visible"
            | "published"
            | "stored"
            | "persisted"
            | "exposed"
            | "logged"
            | "retained"
            | "transmitted"
            | "disclosed"
            | "collected"
            | "informed"
            | "tracked"
            | "sold"
            | "cached"
            | "recorded"
            | "revealed"
            | "transferred"
            | "saved"
            | "committed"
    )
}

fn keeps_or_removes(verb: &str) -> bool {
    matches!(
        verb,
        "removed"
            | "deleted"
            | "discarded"
            | "purged"
            | "erased"
            | "destroyed"
            | "retained"
            | "kept"
            | "encrypted"
            | "anonymized"
            | "anonymised"
            | "rejected"
            | "revoked"
            | "archived"
    )
}

/// "No data is collected".
fn is_passive_early(words: &[Word<'_>]) -> bool {
    let pairs = words.windows(2).take(7);
    pairs.into_iter().any(|pair| {
        matches!(pair[0].lower.as_ref(), "is" | "are")
            && (pair[1].lower.ends_with("ed") || pair[1].lower == "permitted")
    })
}

/// Chinese and Japanese, which put no spaces between words.
fn unspaced(sentence: &str) -> Option<Force> {
    const KEYS: &[&str] = &[
        "必须",
        "必需",
        "应当",
        "应该",
        "不得",
        "禁止",
        "不允许",
        "务必",
        "不应",
        "须",
        "なければならない",
        "必要がある",
        "してはならない",
    ];
    let is = |key: &&&str| {
        sentence.match_indices(**key).any(|(at, _)| {
            let before = sentence[..at].chars().next_back();
            !matches!(before, Some('否' | '无' | '不' | '必')) || **key == "不得"
        })
    };
    if KEYS.iter().any(|key| is(&key)) || need(sentence) || ought(sentence) {
        return Some(Force::KeyWord);
    }
    None
}

/// `需要` where it is not "does not need", "if needed" or "needed data".
fn need(sentence: &str) -> bool {
    sentence.match_indices("需要").any(|(at, found)| {
        let before = sentence[..at].chars().next_back();
        let after = sentence[at + found.len()..].chars().next();
        !matches!(before, Some('不' | '无' | '果' | '所' | '若' | '否' | '按' | '据' | '最'))
            && !matches!(after, Some('的' | '时' | '：' | ':'))
            && after.is_some()
    })
}

/// `应` as "ought to", and not as a part of `对应`, `响应`, `应用`.
fn ought(sentence: &str) -> bool {
    sentence.match_indices('应').any(|(at, found)| {
        let before = sentence[..at].chars().next_back();
        let rest = &sentence[at + found.len()..];
        let goes_on = [
            "能", "支持", "具备", "具有", "提供", "可以", "采用", "保证", "满足", "包含", "包括", "记录", "为", "在",
            "按", "使用", "有", "自动", "返回", "将", "确保", "显示", "符合", "遵循",
        ];
        !matches!(before, Some('对' | '响' | '相' | '适' | '供' | '反' | '效' | '呼' | '感'))
            && goes_on.iter().any(|verb| rest.starts_with(verb))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sentence: &str, expected: Option<Force>) {
        assert_eq!(force(sentence), expected, "{sentence}");
    }

    #[test]
    fn key_words_bind() {
        check("The registry MUST NOT return a 404.", Some(Force::Capitals));
        check("The system shall log every access.", Some(Force::KeyWord));
        check("Clients should prefer the header.", Some(Force::KeyWord));
        check("The client needs to retry.", Some(Force::KeyWord));
        check("Each client has to decide.", Some(Force::KeyWord));
        check("Das System muss alle Zugriffe protokollieren.", Some(Force::KeyWord));
        check("Le système doit enregistrer les accès.", Some(Force::KeyWord));
        check("El sistema deberá registrar los accesos.", Some(Force::KeyWord));
        check("系统必须记录所有访问。", Some(Force::KeyWord));
        check("系统应支持多用户。", Some(Force::KeyWord));
    }

    #[test]
    fn plain_words_bind() {
        check("The module requires explicit safety overrides.", Some(Force::Plain));
        check("The token is never persisted on the server.", Some(Force::Plain));
        check("All data conforms to the schema.", Some(Force::Plain));
        check("No data is collected without consent.", Some(Force::Plain));
        check("Results are only displayed after consent.", Some(Force::Plain));
        check("Old keys will be removed from the server after 14 days.", Some(Force::Plain));
    }

    #[test]
    fn other_sentences_do_not_bind() {
        check("Registries MAY respond with a redirect.", None);
        check("It must be noted that this is a corner case.", None);
        check("Registries should see the section below.", None);
        check("Users are not required to confirm.", None);
        check("It would require explicit consent.", None);
        check("It addresses the need to gain insight.", None);
        check("What must it do?", None);
        check("是否必须 | 否", None);
        check("响应码与应用对应", None);
        check("The key words MUST and SHOULD are to be interpreted as described in RFC 2119.", None);
    }
}
