//! The only file that prints. A closed pipe ends printing in silence: whoever reads has read enough. Any other failure
//! of stdout (a full disk) is remembered and ends the run with exit code 3.
//!
//! Colours go to terminals only and honour `NO_COLOR`; progress goes to stderr, on a terminal only.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fault::Fault;

static FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints data for the one who asked, to stdout, without adding a newline. Styles are dropped where stdout is no
/// terminal.
pub fn data(text: &str) {
    // Text without an escape has no styles to drop.
    if !text.contains('\u{1b}') {
        return exact(text.as_bytes());
    }
    let mut stdout = anstream::stdout().lock();
    keep(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

/// Whether somebody reads along: stdout is a terminal.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints a value as indented JSON with a final newline.
pub fn json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => exact(format!("{text}\n").as_bytes()),
        Err(error) => keep(Err(error.into())),
    }
}

/// Prints bytes to stdout exactly as they are, escape sequences too.
pub fn exact(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    keep(stdout.write_all(bytes).and_then(|()| stdout.flush()));
}

/// Prints a line about the work, to stderr.
pub fn note(line: &str) {
    // Nobody is left to be told when stderr fails.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints a fault with its causes and hints, to stderr.
pub fn fault(fault: &Fault) {
    let mut lines = String::new();
    for line in plain(&fault.to_string()).lines() {
        let colours = [("error:", "\u{1b}[1;31m"), ("  caused by:", "\u{1b}[1m"), ("hint:", "\u{1b}[1;36m")];
        match colours.iter().find_map(|(word, colour)| Some((word, colour, line.strip_prefix(word)?))) {
            Some((word, colour, rest)) => lines.extend([colour, *word, "\u{1b}[0m", rest]),
            None => lines.push_str(line),
        }
        lines.push('\n');
    }
    let _ = write!(anstream::stderr(), "{lines}");
}

/// Text that came from a file, safe for a terminal: control characters other than line ends and tabs become visible.
#[must_use]
pub fn plain(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\n' | '\t' => letter,
        '\0'..'\u{20}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}'),
        '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => letter,
    };
    text.chars().map(shown).collect()
}

/// A bar on stderr for long work; invisible unless stderr is a terminal and the work takes noticeably long.
#[must_use]
pub fn progress(what: &'static str, steps: usize) -> indicatif::ProgressBar {
    // Below this, the work is over before a person can read the bar.
    const WORTH_SHOWING: usize = 500;
    if steps < WORTH_SHOWING {
        return indicatif::ProgressBar::hidden();
    }
    let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    let bar = indicatif::ProgressBar::new(steps as u64).with_message(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Says whether everything that was printed also arrived.
///
/// # Errors
/// When stdout failed for another reason than a closed pipe (exit 3).
pub fn arrived() -> Result<(), Fault> {
    let failure = FAILURE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    failure.map_or(Ok(()), |error| Err(Fault::unfinished("can't write to standard output").because(&error)))
}

/// Whether whoever reads has read enough, so that a command without an end may end.
#[must_use]
pub fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

fn keep(written: io::Result<()>) {
    let Err(error) = written else { return };
    CLOSED.store(true, Ordering::Relaxed);
    if error.kind() != ErrorKind::BrokenPipe {
        FAILURE.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_from_files_cant_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\n\tc\u{202e}d\u{9b}"), "a\u{241b}[31mb\u{240d}\n\tc\u{fffd}d\u{fffd}");
    }
}
