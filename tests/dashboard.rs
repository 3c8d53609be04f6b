//! The dashboard and its API over HTTP, with real repositories and the real binary; and in a real browser.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod world;

#[path = "serve/client.rs"]
#[allow(dead_code, reason = "these tests use a part of the client")]
mod client;

mod dashboard {
    mod api;
    mod browser;
    mod chromium;
    mod deeds;
    mod live;
    mod pages;
    mod speed;
    mod visit;
}
