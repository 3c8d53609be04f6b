//! The dashboard in a real headless Chromium, driven by `browser.mjs`: see there. Pictures go to `target/screenshots`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::visit::tool;
use crate::client::Server;
use crate::world::project::Project;

/// Says that a tool is missing, also to `tests/run`, which prints it at the end.
#[expect(clippy::print_stderr, reason = "who runs one test sees why it did nothing")]
pub fn left_out(what: &str) {
    eprintln!("left out: {what} not found");
    let name: String = what.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("left-out-{name}"));
    std::fs::write(path, format!("{what} not found\n")).unwrap();
}

/// Where the browser, node and the npm packages are; none where one of them is missing.
fn tools() -> Option<(String, PathBuf)> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-node/node_modules");
    let modules = std::env::var_os("VSO_TEST_NODE_MODULES").map_or(default, PathBuf::from);
    let chromium = ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| tool("which", &[name]));
    if tool("node", &["--version"]).is_none() {
        left_out("node");
        return None;
    }
    let Some(chromium) = chromium else {
        left_out("chromium");
        return None;
    };
    if !modules.join("playwright-core").is_dir() || !modules.join("axe-core").is_dir() {
        left_out("playwright-core and axe-core (npm)");
        return None;
    }
    Some((chromium, modules))
}

fn play(scene: &str, project: Project) {
    let Some((chromium, modules)) = tools() else { return };
    let server = Server::with(project.world, &[]);
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pictures = home.join("target/screenshots");
    let output = Command::new("node")
        .arg(home.join("tests/dashboard/browser.mjs"))
        .args([scene, &server.url])
        .args([server.world.path(), &pictures])
        .env("VSO_TEST_NODE_MODULES", modules)
        .env("VSO_TEST_CHROMIUM", chromium)
        .output()
        .unwrap();
    assert!(output.status.success(), "{scene}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_loop_by_mouse() {
    play("mouse", Project::in_step());
}

#[test]
fn the_loop_by_keyboard_alone() {
    play("keyboard", Project::in_step());
}

#[test]
fn every_page_in_two_widths_and_themes_without_serious_findings() {
    let project = Project::in_step();
    project.vso(&["hook", "install"]).exits(0);
    project.edit_master("with a title", "with a title and a photo");
    project.edit_master("borrow a tool that is available", "borrow a tool that is available today");
    let spec = "vertical-slices/slice-003-loans/spec.md";
    project.world.write(spec, project.world.read(spec).replace("that is available", "that is not lent"));
    project.commit("another mind");
    project.sync();
    play("pages", project);
}
