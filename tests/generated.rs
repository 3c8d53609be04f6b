//! Generated files under the tools that they are made for: the real pytest, terraform, shellcheck and modal.
//!
//! What a tool is missing for is said on stderr and left out; under `CI`, or where `tests/run` names a Python, it fails.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "laws/poison.rs"]
mod poison;
mod world;

mod generated {
    mod bench;
    mod deploy;
    mod hostile;
    mod mutants;
    mod reference;
    mod sarif;
    mod schemas;
    mod suites;
}
