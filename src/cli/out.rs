//! The only file that prints. A closed pipe ends printing in silence: whoever reads has read enough.

use std::io::Write;

use crate::fault::Fault;

/// Prints data for the one who asked, to stdout, without adding a newline.
pub fn data(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a line about the work, to stderr.
pub fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints a fault with its causes and hints, to stderr.
pub fn fault(fault: &Fault) {
    note(&fault.to_string());
}
