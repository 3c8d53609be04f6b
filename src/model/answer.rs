//! What a server's answer holds: the model's own JSON, taken out of the envelope around it.

use serde::Deserialize;
use serde_json::Value;

use super::ModelError;

/// Most characters of a foreign text that are shown.
const SHOWN: usize = 200;

#[derive(Deserialize)]
struct Envelope {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

/// Takes the model's JSON out of a server's answer.
pub(super) fn read(bytes: &[u8]) -> Result<Value, ModelError> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| garbage("no chat completion", &error))?;
    let Some(choice) = envelope.choices.into_iter().next() else {
        return Err(ModelError::Garbage("it has no choices".into()));
    };
    if let Some(refusal) = choice.message.refusal.filter(|refusal| !refusal.trim().is_empty()) {
        return Err(ModelError::Refused(shown(&refusal)));
    }
    match choice.finish_reason.as_deref() {
        Some("length") => return Err(ModelError::Garbage("it was cut off at the server's limit".into())),
        Some("content_filter") => return Err(ModelError::Refused("the server's filter stopped it".into())),
        _ => {}
    }
    let content = choice.message.content.unwrap_or_default();
    serde_json::from_str(unfenced(&content)).map_err(|error| garbage("its text is no JSON", &error))
}

/// The text inside a code fence, which some models put around JSON whatever they are told.
fn unfenced(content: &str) -> &str {
    let content = content.trim();
    let inner = content.strip_prefix("```json").or_else(|| content.strip_prefix("```"));
    inner.and_then(|inner| inner.strip_suffix("```")).unwrap_or(content)
}

fn garbage(what: &str, error: &serde_json::Error) -> ModelError {
    ModelError::Garbage(format!("{what} ({error})"))
}

/// A foreign text as it may be shown: its beginning, on one line, without control characters.
#[must_use]
pub fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: Result<&str, &str>) {
        let bytes = format!("{{\"choices\":[{message}]}}");
        let found = read(bytes.as_bytes()).map(|value| value.to_string()).map_err(|error| error.to_string());
        match expected {
            Ok(json) => assert_eq!(found.as_deref(), Ok(json), "{message}"),
            Err(part) => assert!(found.as_ref().is_err_and(|error| error.contains(part)), "{message}: {found:?}"),
        }
    }

    #[test]
    fn the_models_json_is_taken_out() {
        check(r#"{"message":{"content":"{\"a\":1}"}}"#, Ok(r#"{"a":1}"#));
        check(r#"{"message":{"content":"```json\n{\"a\":1}\n```"},"finish_reason":"stop"}"#, Ok(r#"{"a":1}"#));
    }

    #[test]
    fn what_is_no_answer_is_named() {
        check(r#"{"message":{"content":"Sure! Here it is"}}"#, Err("no JSON"));
        check(r#"{"message":{"content":null}}"#, Err("no JSON"));
        check(r#"{"message":{"refusal":"I can't \u001b[31m help"}}"#, Err("refused: I can't [31m help"));
        check(r#"{"message":{"content":"{"},"finish_reason":"length"}"#, Err("cut off"));
        check("", Err("no choices"));
        assert!(read(b"<html>").unwrap_err().to_string().contains("no chat completion"));
    }

    #[test]
    fn foreign_text_is_shortened_and_stays_on_one_line() {
        assert_eq!(shown("a\n\u{7}b\tc"), "a b c");
        assert_eq!(shown(&"ä".repeat(300)).chars().count(), SHOWN + 1);
    }
}
