//! The real binary in sealed worlds: one file a command, and what people see as snapshots.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod world;

mod cli {
    mod bad_input;
    mod graph;
    mod hooks;
    mod hooks_before;
    mod hooks_install;
    mod ids;
    mod interrupted;
    mod lint;
    mod nightly;
    mod project;
    mod queue;
    mod readme;
    mod refine;
    mod repository;
    mod start;
    mod trace;
}
