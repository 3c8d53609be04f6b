//! The companion server, as the real binary on loopback: who gets in, what it answers, how it ends.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod world;

mod serve {
    mod bounds;
    mod client;
    mod end;
    mod hook;
    mod killed;
    mod payloads;
    mod session;
    mod signatures;
}
