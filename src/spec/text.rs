//! Text as identity sees it: normal forms, name keys and fingerprints.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Hash of an item's normalised text: white space, emphasis and list markers are folded, so that rewrapping a
/// paragraph or making a word bold is no change. 16 hexadecimal digits of SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let digest = Sha256::digest(normal(text).as_bytes());
        Self(hex::encode(&digest[..8]))
    }

    /// Its hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The normal form that fingerprints and comparisons use: NFKC, emphasis and code marks dropped, white space folded,
/// a list marker at the front dropped. Case is kept.
#[must_use]
pub fn normal(text: &str) -> String {
    let mut folded = nfkc(text);
    if folded.contains(['*', '`']) {
        folded = Cow::Owned(folded.replace(['*', '`'], ""));
    }
    let mut words = folded.split_whitespace().peekable();
    if words.peek().is_some_and(|first| matches!(*first, "-" | "+" | "•")) {
        words.next();
    }
    let mut result = String::with_capacity(folded.len());
    for word in words {
        if !result.is_empty() {
            result.push(' ');
        }
        result.push_str(word);
    }
    result
}

/// What two names are compared by: NFKC, lower case, letters and digits only.
#[must_use]
pub fn name_key(name: &str) -> String {
    if name.is_ascii() {
        let bytes = name.bytes().filter(u8::is_ascii_alphanumeric);
        return bytes.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    nfkc(name).chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}

/// The words of a text for retrieval: lower case, split at anything that is no letter or digit and inside CamelCase;
/// a Han, Hiragana or Katakana character is a word of its own.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    for letter in nfkc(text).chars() {
        let alone = is_ideograph(letter);
        let camel = letter.is_uppercase() && lower_before;
        if (!letter.is_alphanumeric() || alone || camel) && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        if alone {
            found.push(letter.to_string());
        } else if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
        } else if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        lower_before = letter.is_lowercase();
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// NFKC of a text. Most texts are in that form already, which is quick to see and saves the copy.
fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().collect())
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrapping_and_emphasis_keep_the_fingerprint() {
        assert_eq!(Fingerprint::of("- The **system**\n  shall `log`"), Fingerprint::of("The system shall log"));
        assert_ne!(Fingerprint::of("The system shall log"), Fingerprint::of("The system shall not log"));
    }

    #[test]
    fn names_and_words_fold() {
        assert_eq!(name_key("Agent-Core  Slice"), name_key("agentCoreSlice"));
        assert_eq!(words("TokenStore p95<200ms 数据"), ["token", "store", "p95", "200ms", "数", "据"]);
    }
}
