//! How the nightly run is started: a crontab or a systemd timer, from templates. Paths are quoted for whoever reads
//! them: a folder's name never becomes a word of a shell or of a unit.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::fault::Fault;
use crate::worktree::{Change, Lock, STATE, Standing, Watch, shown, standing, write};

const CRONTAB: &str = include_str!("../../../templates/init/schedule/crontab");
const SERVICE: &str = include_str!("../../../templates/init/schedule/vso-nightly.service");
const TIMER: &str = include_str!("../../../templates/init/schedule/vso-nightly.timer");

/// The lines of a crontab.
///
/// # Errors
/// When a path can't be written in one line of UTF-8 (exit 2).
pub fn crontab(root: &Path, command: &Path) -> Result<String, Fault> {
    let (root, command) = (plain(root)?, plain(command)?);
    // A percent sign ends a crontab's command, even in quotes.
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''").replace('%', r"\%"));
    let text = CRONTAB.replace("VSO_SHELL_ROOT", &quoted(root)).replace("VSO_SHELL_COMMAND", &quoted(command));
    Ok(text.replace("VSO_ROOT", root))
}

/// A systemd service and its timer.
///
/// # Errors
/// When a path can't be written in one line of UTF-8 (exit 2).
pub fn units(root: &Path, command: &Path) -> Result<[(&'static str, String); 2], Fault> {
    let (root, command) = (plain(root)?, plain(command)?);
    let quoted = format!("\"{}\"", command.replace('\\', r"\\").replace('"', "\\\"").replace('$', "$$"));
    let service = SERVICE
        .replace("VSO_UNIT_ROOT", &root.replace('%', "%%"))
        .replace("VSO_UNIT_COMMAND", &quoted.replace('%', "%%"));
    Ok([("vso-nightly.service", service), ("vso-nightly.timer", TIMER.to_owned())])
}

/// Writes the units into vso's own folder, anew each time, and gives their paths.
///
/// # Errors
/// When a path can't be quoted (exit 2) or the disk fails (exit 3).
pub fn write_units(root: &Path, command: &Path, waiting: &dyn Fn()) -> Result<Vec<String>, Fault> {
    let units = units(root, command)?;
    let mut written = Vec::new();
    for (name, text) in &units {
        let path = format!("{STATE}/schedule/{name}");
        put(root, &path, text, waiting)?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a file where there is none; whether it did.
pub(super) fn put_new(root: &Path, path: &str, text: &str, waiting: &dyn Fn()) -> Result<bool, Fault> {
    if look(root, path)? != Standing::Nothing {
        return Ok(false);
    }
    put(root, path, text, waiting)?;
    Ok(true)
}

fn put(root: &Path, path: &str, text: &str, waiting: &dyn Fn()) -> Result<(), Fault> {
    let lock = Lock::take(root, waiting)?;
    let before = look(root, path)?;
    let change = Change { path, before, bytes: Some(text.as_bytes()), executable: false, keep: None };
    write(&lock, &[change], Watch { step: &|| (), stop: &AtomicBool::new(false) })
}

fn look(root: &Path, path: &str) -> Result<Standing, Fault> {
    let path = root.join(path);
    standing(&path).map_err(|error| Fault::unfinished(format!("can't look at {}", shown(&path))).because(&error))
}

fn plain(path: &Path) -> Result<&str, Fault> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.ok_or_else(|| {
        Fault::usage(format!("{} can't stand in a crontab or a unit", shown(path)))
            .hint("its name has a line end or is not UTF-8; rename the folder")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_whoever_reads_them() {
        let (root, command) = (Path::new("/home/a b/it's 5%; $HOME"), Path::new("/opt/\"x\" 5%/vso"));
        let text = crontab(root, command).unwrap();
        let line = r#"0 2 * * * cd '/home/a b/it'\''s 5\%; $HOME' && '/opt/"x" 5\%/vso' nightly --scheduled"#;
        assert_eq!(text.lines().nth(1), Some(line));
        let [(_, service), (_, timer)] = units(root, command).unwrap();
        assert!(service.contains("WorkingDirectory=/home/a b/it's 5%%; $HOME\n"), "{service}");
        assert!(service.contains("ExecStart=\"/opt/\\\"x\\\" 5%%/vso\" nightly --scheduled\n"), "{service}");
        assert!(timer.contains("02:00:00") && timer.contains("Persistent=true"));
        assert!(crontab(Path::new("/a\n* * * * * evil"), command).is_err());
    }
}
