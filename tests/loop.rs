//! The whole loop from outside: real repositories, the real binary, and git alone as the oracle for what became of
//! people's words.
//!
//! `VSO_LOOP_SEED` and `VSO_LOOP_ROUNDS` run another simulation or a longer one, `VSO_LOOP_HISTORY` names a folder of
//! real histories to replay as a whole, `VSO_LOOP_KEEP` a folder to which a failed repository is copied, and
//! `VSO_LOOP_BINARY` another build of vso.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic is how a test fails, and figures are printed")]

mod world;

mod r#loop {
    mod base;
    mod chance;
    mod clones;
    mod crash;
    mod decisions;
    mod edits;
    mod history;
    mod master;
    mod people;
    mod project;
    mod rounds;
    mod settle;
    mod simulation;
    mod template;
    mod words;
}
