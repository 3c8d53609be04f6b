//! vso against a whole GitHub over HTTP: the real binary, real git, and `fakehub` in place of the hosted one. One file a
//! topic; [`hub::world`] has the repository, its people, their tokens and vso's environment.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "loop/chance.rs"]
#[allow(dead_code, reason = "each test takes the chances that it needs")]
mod chance;
mod world;

#[path = "serve/client.rs"]
#[allow(dead_code, reason = "these tests use a part of the client")]
mod client;

#[path = "dashboard/chromium.rs"]
#[allow(dead_code, reason = "these tests use a part of it")]
mod chromium;

mod hub {
    mod checks;
    mod checks_sync;
    mod demo;
    mod harness;
    mod missed;
    mod month;
    mod pages {
        mod browser;
        mod dashboard;
        pub mod office;
    }
    mod people {
        mod asked;
        mod browser;
        pub mod lobby;
        mod sign_in;
        mod strangers;
    }
    pub mod pulls;
    mod pulls_faults;
    mod pulls_killed;
    mod pulls_people;
    pub mod served;
    mod server {
        mod killed;
        mod many;
        mod webhook;
    }
    mod verified;
    pub mod world;
}
