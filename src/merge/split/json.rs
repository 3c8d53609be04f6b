//! JSON by key, and arrays of objects by `id`. Only white space and commas are ever laid out anew; every value keeps its
//! bytes, numbers too.

use crate::merge::part::{Class, Part};
use crate::spec::span::Span;

/// The parts of an object or an array: its opening, its members or elements, its closing.
pub(super) fn parts(part: &Part, text: &str) -> Option<Vec<Part>> {
    let bytes = text.as_bytes();
    let start = space(bytes, part.span.start);
    let is_object = match bytes.get(start)? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    let mut found =
        vec![Part::new(Class::Verbatim, part.span.start, Span::new(part.span.start, start + 1)).strict("opening")];
    let mut end = start + 1;
    loop {
        let mut at = space(bytes, end);
        if bytes.get(at)? == &b',' {
            at = space(bytes, at + 1);
        }
        if matches!(bytes.get(at)?, b'}' | b']') {
            found.push(Part::new(Class::Verbatim, end, Span::new(at, part.span.end)).strict("closing"));
            break;
        }
        let to = if is_object { value(bytes, member(bytes, at)?)? } else { value(bytes, at)? };
        let class = if is_object { Class::Member } else { Class::Value };
        found.push(Part::new(class, end, Span::new(at, to)));
        end = to;
    }
    let inner = 1..found.len() - 1;
    if is_object {
        for part in &mut found[inner] {
            let key = key(text, part.span)?;
            *part = part.clone().named(format!(".{key}")).strict(key);
        }
    } else {
        by_id(&mut found[inner], text);
    }
    Some(found)
}

/// The value of a member as a part.
pub(in crate::merge) fn value_of(member_part: &Part, text: &str) -> Option<Part> {
    let start = member(text.as_bytes(), member_part.span.start)?;
    Some(Part::new(Class::Value, start, Span::new(start, member_part.span.end)))
}

/// Whether a value is an array whose elements have no ids: it is merged as one.
pub(in crate::merge) fn is_plain_array(parts: &[Part], text: &str) -> bool {
    let is_array = parts.first().is_some_and(|part| part.span.of(text).trim_end().ends_with('['));
    is_array && parts.iter().any(|part| !part.strict)
}

/// Elements are known by their `id` if each has one and no two the same.
fn by_id(elements: &mut [Part], text: &str) {
    let id = |part: &Part| -> Option<String> {
        let members = parts(part, text)?;
        let member = members.iter().find(|member| member.key.as_deref() == Some("id"))?;
        Some(value_of(member, text)?.span.of(text).to_owned())
    };
    let ids: Option<Vec<String>> = elements.iter().map(id).collect();
    let Some(ids) = ids else { return };
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() == ids.len() {
        for (part, id) in elements.iter_mut().zip(ids) {
            *part = part.clone().named(format!(".{}", id.trim_matches('"'))).strict(id);
        }
    }
}

fn key(text: &str, member: Span) -> Option<String> {
    let end = string(text.as_bytes(), member.start)?;
    serde_json::from_str(&text[member.start..end]).ok()
}

/// Where the value of a member begins.
fn member(bytes: &[u8], at: usize) -> Option<usize> {
    let colon = space(bytes, string(bytes, at)?);
    (bytes.get(colon)? == &b':').then(|| space(bytes, colon + 1))
}

fn space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// One past the string that begins here.
fn string(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start)? != &b'"' {
        return None;
    }
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// One past the value that begins here.
fn value(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => at = string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ if depth == 0 => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",]}:".contains(byte);
                at += bytes[at..].iter().position(is_end).unwrap_or(bytes.len() - at);
                return (at > start).then_some(at);
            }
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The text without white space between its tokens.
pub(in crate::merge) fn compact(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut compact, mut at) = (String::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let end = match bytes[at] {
            b'"' => string(bytes, at).unwrap_or(bytes.len()).min(bytes.len()),
            _ => at + bytes[at..].iter().position(|byte| *byte == b'"').unwrap_or(bytes.len() - at),
        };
        if bytes[at] == b'"' {
            compact.push_str(&text[at..end]);
        } else {
            compact.extend(text[at..end].split_ascii_whitespace());
        }
        at = end;
    }
    compact
}

/// Takes out commas that stand before a closing bracket, after an opening one or after another comma: what is left when
/// a decision takes a member out.
pub(in crate::merge) fn without_stray_commas(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut kept = String::with_capacity(text.len());
    let (mut from, mut at) = (0, 0);
    let mut last = b'{';
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string(bytes, at).unwrap_or(bytes.len()).min(bytes.len()),
            b',' => {
                let next = bytes.get(space(bytes, at + 1));
                if matches!(last, b'{' | b'[' | b',') || matches!(next, Some(b'}' | b']')) {
                    kept.push_str(&text[from..at]);
                    from = at + 1;
                    at += 1;
                    continue;
                }
                at += 1;
            }
            _ => at += 1,
        }
        let end = bytes[at - 1];
        if !end.is_ascii_whitespace() {
            last = end;
        }
    }
    kept.push_str(&text[from..]);
    kept
}

/// Whether a text is JSON in which no object has a key twice.
pub(in crate::merge) fn is_sound(text: &str) -> bool {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return false;
    }
    let mut open = vec![Part::new(Class::Value, 0, Span::new(0, text.len()))];
    while let Some(part) = open.pop() {
        let Some(parts) = parts(&part, text) else { continue };
        let mut keys: Vec<&str> =
            parts.iter().filter(|part| part.class == Class::Member).filter_map(|part| part.key.as_deref()).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() < count {
            return false;
        }
        open.extend(parts.iter().filter(|part| part.class == Class::Value).cloned());
        open.extend(parts.iter().filter(|part| part.class == Class::Member).filter_map(|part| value_of(part, text)));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_commas_go_and_strings_stay() {
        for (text, expected) in [
            ("{\n  , \"a\": 1}", "{\n   \"a\": 1}"),
            ("{\"a\": \",}\",}", "{\"a\": \",}\"}"),
            ("[1,, 2]", "[1, 2]"),
            ("[1, [2, \"\\\"]\"], {}]", "[1, [2, \"\\\"]\"], {}]"),
        ] {
            assert_eq!(without_stray_commas(text), expected);
        }
    }

    #[test]
    fn a_key_twice_is_not_sound() {
        for (text, sound) in [
            ("{\"a\": {\"b\": 1, \"c\": [{\"d\": 1}]}}", true),
            ("{\"a\": [{\"b\": 1, \"\\u0062\": 2}]}", false),
            ("{\"a\": 1", false),
            ("[1, 1]", true),
        ] {
            assert_eq!(is_sound(text), sound, "{text}");
        }
    }
}
