//! The container recipe and the systemd unit: linted by the field's tools, and saying the same as the binary and the
//! example of the server's settings.

use std::path::Path;
use std::process::Command;

use super::lint::tool;
use super::runner::{said, source};
use crate::world::World;

#[test]
fn hadolint_finds_nothing_in_the_container_recipe() {
    let Some(hadolint) = tool("hadolint") else { return };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deployment/Containerfile");
    let (is_clean, text) = said(Command::new(hadolint).arg("--no-color").arg(file));
    assert!(is_clean && text.trim().is_empty(), "{text}");
}

#[test]
fn systemd_understands_the_unit_and_finds_it_shut_in() {
    let Some(analyze) = tool("systemd-analyze") else { return };
    let world = World::new();
    // The program need not be installed where the unit is looked at.
    let unit = source("deployment/vso.service").replace("/usr/local/bin/vso", "/bin/true");
    let file = world.write("vso.service", unit);
    let (is_clean, text) = said(Command::new(&analyze).args(["verify", "--man=no"]).arg(&file));
    assert!(is_clean && text.trim().is_empty(), "{text}");
    // systemd's own measure of what a service may do: 0 for nothing to 10 for all. 20 here is its 2.0.
    let mut judged = Command::new(&analyze);
    judged.args(["security", "--offline=true", "--threshold=20"]).arg(&file);
    let (is_clean, text) = said(&mut judged);
    assert!(is_clean, "{text}");
}

#[test]
fn unit_recipe_and_settings_speak_of_the_same_places() {
    let (unit, recipe, settings) =
        (source("deployment/vso.service"), source("deployment/Containerfile"), source("deployment/server.toml"));
    assert!(settings.contains("data = \"/var/lib/vso\""));
    assert!(unit.contains("StateDirectory=vso\n") && unit.contains("WorkingDirectory=/var/lib/vso\n"));
    assert!(recipe.contains("VOLUME [\"/var/lib/vso\"]") && recipe.contains("EXPOSE 4711\n"));
    assert!(settings.contains(":4711\""));
    assert!(unit.contains("vso serve --settings /etc/vso/server.toml\n"));
    assert!(recipe.contains("CMD [\"serve\", \"--settings\", \"/etc/vso/server.toml\"]"));
}

#[test]
fn a_server_without_what_it_needs_says_what() {
    let world = World::new();
    let settings = world.write("server.toml", "data = \"data\"\nlisten = \"127.0.0.1:0\"\n");
    let settings = settings.display().to_string();
    let serve = |variables: &[(&str, &str)]| world.vso_with(variables, &["serve", "--settings", &settings]).exits(2);
    let ran = serve(&[]);
    assert!(ran.err.contains("VSO_WEBHOOK_SECRET") && ran.err.contains("vso app create"), "{}", ran.err);
    let ran = serve(&[("VSO_WEBHOOK_SECRET", "0123456789abcdef0123456789abcdef")]);
    assert!(ran.err.contains("VSO_APP_ID"), "{}", ran.err);
    assert!(!world.has("data"), "nothing was made");
}
