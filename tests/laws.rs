//! The laws of the design as properties, over generated input and over mutated real documents.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod laws {
    mod carry;
    mod commands;
    mod document;
    mod folders;
    mod history;
    mod merge;
    mod poison;
    mod pulls;
    mod queue;
    mod reader;
    mod scaffold;
    mod slicing;
}
