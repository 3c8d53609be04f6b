//! People who sign in, in a real headless Chromium: see `tests/dashboard/browser.mjs`. The stand-in for GitHub has another
//! host name than the server, so that the browser takes each for the other's stranger, as it does on the internet.

use std::ffi::OsStr;

use super::super::world::HubWorld;
use super::lobby::Lobby;
use crate::chromium;

fn play(scene: &str) {
    let world = HubWorld::in_step();
    let hub = world.hub.url.replace("127.0.0.1", "localhost");
    let lobby = Lobby::with(world, &[("GITHUB_SERVER_URL", &hub)]);
    chromium::play(scene, &lobby.server.url, OsStr::new(&hub));
}

#[test]
fn signing_in_by_mouse() {
    play("people-mouse");
}

#[test]
fn signing_in_by_keyboard_alone() {
    play("people-keyboard");
}
