//! The record that vso keeps of a slice is recomputed from what a merge gives and never merged as text: two halves of two
//! records would be the record of no slice. Until it is recomputed, the side with the higher version stands, whole.

use semver::Version;
use serde_json::Value;

/// The record of a slice that stands for both sides, if this file is one: the one with the higher version, theirs when
/// the versions are equal. None for any other file.
#[must_use]
pub fn newer_record<'a>(path: &str, ours: &'a str, theirs: &'a str) -> Option<&'a str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_slice = folder.is_empty() || folder.rsplit('/').next().is_some_and(|name| name.starts_with("slice-"));
    if name != "metadata.json" || !is_slice {
        return None;
    }
    let (in_ours, in_theirs) = (version(ours)?, version(theirs)?);
    Some(if in_ours > in_theirs { ours } else { theirs })
}

/// The version in a record; none if the text is no record.
fn version(text: &str) -> Option<Version> {
    let record: Value = serde_json::from_str(text).ok()?;
    record.get("slice_id")?.as_str()?;
    Version::parse(record.get("version")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::newer_record;

    #[test]
    fn the_higher_version_stands_whole() {
        let record = |version: &str| format!("{{\"slice_id\": \"slice-001-auth\", \"version\": \"{version}\"}}");
        let (old, new) = (record("1.9.0"), record("1.10.0"));
        let path = "vertical-slices/slice-001-auth/metadata.json";
        assert_eq!(newer_record(path, &new, &old), Some(&*new));
        assert_eq!(newer_record(path, &old, &new), Some(&*new));
        let other = record("1.10.0").replace(' ', "");
        assert_eq!(newer_record(path, &new, &other), Some(&*other));
        assert_eq!(newer_record("app/metadata.json", &new, &old), None);
        assert_eq!(newer_record(path, "{}", &old), None);
    }
}
