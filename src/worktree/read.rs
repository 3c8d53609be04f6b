//! Reading a text that a person wrote: size limit, UTF-8, and faults that say which file, line and byte.
//!
//! Whatever can be wrong with a path is told apart here once, so that every command says it in the same words.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::fault::Fault;
use crate::spec::document::MAX_BYTES;

/// Reads a UTF-8 text of at most [`MAX_BYTES`]. A byte order mark is kept: it is one of the author's bytes.
///
/// # Errors
/// When there is no such file, it is a folder, may not be read, is too long or is not UTF-8 (all exit 2), or when the
/// disk fails (exit 3).
pub fn read_text(path: &Path) -> Result<String, Fault> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|error| not_utf8(path, error.as_bytes(), error.utf8_error().valid_up_to()))
}

/// A path as people want to see it: relative to the current folder where it is below it.
#[must_use]
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    if short.as_os_str().is_empty() { ".".to_owned() } else { short.display().to_string() }
}

/// At most one byte over the limit is read, so that neither a huge file nor an endless device fills the memory.
fn read_bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let file = File::open(path).map_err(|error| cant_open(path, &error))?;
    let about = file.metadata().map_err(|error| cant_open(path, &error))?;
    if about.is_dir() {
        return Err(is_a_folder(path));
    }
    if about.len() > MAX_BYTES as u64 {
        return Err(too_long(path, Some(about.len())));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| cant_open(path, &error))?;
    if bytes.len() > MAX_BYTES { Err(too_long(path, None)) } else { Ok(bytes) }
}

fn cant_open(path: &Path, error: &std::io::Error) -> Fault {
    let name = shown(path);
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Fault::usage(format!("there is no {name}")).hint(
            "`vso init` writes a master-spec.md to start from; `[project] master` in vso.toml names another file",
        ),
        ErrorKind::IsADirectory => is_a_folder(path),
        ErrorKind::PermissionDenied => {
            Fault::usage(format!("{name} may not be read")).because(error).hint("give yourself the right to read it")
        }
        _ => Fault::unfinished(format!("can't read {name}")).because(error),
    }
}

fn is_a_folder(path: &Path) -> Fault {
    Fault::usage(format!("{} is a folder, not a file", shown(path))).hint("name the Markdown file inside it")
}

fn too_long(path: &Path, bytes: Option<u64>) -> Fault {
    let name = shown(path);
    let limit = MAX_BYTES >> 20;
    let message = match bytes {
        Some(bytes) => format!("{name} has {} MiB; the limit is {limit} MiB", bytes.div_ceil(1 << 20)),
        None => format!("{name} is longer than {limit} MiB"),
    };
    Fault::usage(message)
        .hint("a master specification of a thousand components has about 1 MiB; is this the right file?")
}

fn not_utf8(path: &Path, bytes: &[u8], valid: usize) -> Fault {
    let name = shown(path);
    let line = 1 + bytes[..valid].iter().filter(|byte| **byte == b'\n').count();
    let wrong = bytes.get(valid).copied().unwrap_or_default();
    let encoding = match bytes {
        [0xff, 0xfe, ..] => "UTF-16LE",
        [0xfe, 0xff, ..] => "UTF-16BE",
        _ => "WINDOWS-1252",
    };
    Fault::usage(format!("{name}:{line}: byte {} (0x{wrong:02X}) is not UTF-8", valid + 1))
        .hint(format!("save the file as UTF-8, for example with `iconv -f {encoding} -t UTF-8`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    fn check(bytes: &[u8], expected: Result<&str, &str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master-spec.md");
        std::fs::write(&path, bytes).unwrap();
        match (read_text(&path), expected) {
            (Ok(text), Ok(wanted)) => assert_eq!(text, wanted),
            (Err(fault), Err(wanted)) => {
                assert!(fault.message().contains(wanted), "{fault}");
                assert_eq!(fault.kind(), FaultKind::Usage);
                assert!(!fault.hints().is_empty());
            }
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn a_text_comes_as_it_is() {
        check(b"", Ok(""));
        check("\u{feff}# A\r\n".as_bytes(), Ok("\u{feff}# A\r\n"));
    }

    #[test]
    fn what_is_not_utf8_is_named_by_line_and_byte() {
        check(b"# A\nb\xe9c\n", Err("master-spec.md:2: byte 6 (0xE9) is not UTF-8"));
        check(&[0xff, 0xfe, b'a', 0], Err("master-spec.md:1: byte 1 (0xFF)"));
    }

    #[test]
    fn a_long_text_is_refused() {
        check(&vec![b'a'; MAX_BYTES], Ok(&"a".repeat(MAX_BYTES)));
        check(&vec![b'a'; MAX_BYTES + 1], Err("has 33 MiB; the limit is 32 MiB"));
    }

    #[test]
    fn an_endless_device_is_refused() {
        if Path::new("/dev/zero").exists() {
            assert!(read_text(Path::new("/dev/zero")).unwrap_err().message().contains("longer than 32 MiB"));
        }
    }

    #[test]
    fn missing_files_and_folders_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_text(&folder.path().join("none.md")).unwrap_err();
        assert!(missing.message().contains("there is no") && missing.hints()[0].contains("vso init"), "{missing}");
        assert!(read_text(folder.path()).unwrap_err().message().ends_with("is a folder, not a file"));
    }
}
