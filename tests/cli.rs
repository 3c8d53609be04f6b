//! The real binary in sealed worlds: one file a command, and what people see as snapshots.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod world;

mod cli {
    mod at_once;
    mod bad_input;
    mod check;
    mod diff;
    mod graph;
    mod hooks;
    mod hooks_before;
    mod hooks_install;
    mod ids;
    mod interrupted;
    mod killed_sync;
    mod lint;
    mod merge_file;
    mod merging;
    mod nightly;
    mod project;
    mod proposals;
    mod queue;
    mod readme;
    mod refine;
    mod repository;
    mod settling;
    mod start;
    mod trace;
    mod upstream;
}
