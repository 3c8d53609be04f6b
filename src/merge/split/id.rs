//! Ids of requirements and criteria at the front of an item, a cell or a title: `FR-003`, `**AC-FR-003**`, `[R-12]`.

/// The id at the front of a text, without brackets and emphasis.
pub(super) fn leading(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || "*_[(`/".contains(letter));
    if !text.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        return None;
    }
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let end = text.find(|letter| !is_inside(letter)).unwrap_or(text.len());
    let id = text[..end].trim_end_matches(['.', '-', '_']);
    let letters = id.find(|letter: char| !letter.is_ascii_uppercase()).unwrap_or(id.len());
    let has_number = id.ends_with(|letter: char| letter.is_ascii_digit())
        || id.len() > 2 && id[..id.len() - 1].ends_with(|letter: char| letter.is_ascii_digit());
    let is_id = has_number && (1..=12).contains(&letters) && id.len() <= 60;
    (is_id && (id.contains(['-', '_']) || (letters <= 4 && id.len() <= 8))).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::leading;

    #[test]
    fn ids_are_found_in_front() {
        for (text, id) in [
            ("FR-003: it does", Some("FR-003")),
            ("**AC-FR-003** it does ([FR-003])", Some("AC-FR-003")),
            ("[R-12] x", Some("R-12")),
            ("| NFR-2 |", None),
            ("/LF10/ x", Some("LF10")),
            ("REQ-1a. x", Some("REQ-1a")),
            ("FR_7", Some("FR_7")),
            ("The user", None),
            ("HTTP", None),
            ("A 4", None),
            ("FR-003-2: x", Some("FR-003-2")),
        ] {
            assert_eq!(leading(text), id, "{text}");
        }
    }
}
