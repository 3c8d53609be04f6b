//! The Action and the workflows: linted by the field's tools, held against the command line, and run step by step as the
//! hosted runner would, with the real binary and `fakehub` in place of GitHub.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "hub/world.rs"]
mod hub;
mod world;

mod action {
    mod contract;
    mod deployment;
    mod install;
    mod lint;
    mod runner;
    mod stories;
}
