//! The dashboard in a real headless Chromium, driven by `browser.mjs`: see there. Pictures go to `target/screenshots`.

use super::chromium;
use crate::client::Server;
use crate::world::project::Project;

fn play(scene: &str, project: Project) {
    let server = Server::with(project.world, &[]);
    chromium::play(scene, &server.url, server.world.path().as_os_str());
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
