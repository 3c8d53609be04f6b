//! A real headless Chromium, driven by `browser.mjs`; whoever has no browser is told what was left out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Plays a scene at the pages behind a link. Pictures go to `target/screenshots`.
pub fn play(scene: &str, link: &str, place: &OsStr) {
    play_into(&Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots"), scene, link, place);
}

/// The same with pictures in another folder.
pub fn play_into(pictures: &Path, scene: &str, link: &str, place: &OsStr) {
    let Some((chromium, modules)) = tools() else { return };
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("node")
        .arg(home.join("tests/dashboard/browser.mjs"))
        .args([OsStr::new(scene), OsStr::new(link), place, pictures.as_os_str()])
        .env("VSO_TEST_NODE_MODULES", modules)
        .env("VSO_TEST_CHROMIUM", chromium)
        .output()
        .unwrap();
    assert!(output.status.success(), "{scene}:\n{}", String::from_utf8_lossy(&output.stderr));
}

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

/// What a tool prints; none where it is not there.
pub fn tool(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(name).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
