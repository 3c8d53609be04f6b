//! Writing that is cut short: killed at any moment, refused by the disk, or done twice at once. The tree is always what
//! it was before or what it should be after.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::world::World;

type Tree = BTreeMap<String, Vec<u8>>;

/// A specification with many components, so that writing takes long enough to be hit.
fn large(verb: &str) -> String {
    use std::fmt::Write;
    let mut text =
        "---\ntitle: \"Large\"\nversion: \"1.0.0\"\n---\n\n# Large\n\n## Requirements\n\n### Functional\n\n".to_owned();
    for part in 1..=60 {
        for number in 1..=3 {
            let id = part * 10 + number;
            writeln!(text, "- **FR-{id:04}** [component: Part {part}] A user can {verb} thing {id}.").unwrap();
        }
    }
    text.push_str("\n## Architecture\n\n### Components\n\n");
    (1..=60).for_each(|part| writeln!(text, "- **Part {part}**: Does its part.").unwrap());
    text
}

/// What people see of a world: everything but vso's own folder.
fn tree(world: &World) -> Tree {
    world.files().into_iter().filter(|(path, _)| !path.starts_with(".slice-orchestrator/")).collect()
}

fn reset(world: &World, to: &Tree) {
    for folder in ["vertical-slices", "deployments"] {
        let _ = std::fs::remove_dir_all(world.path().join(folder));
    }
    to.iter().for_each(|(path, bytes)| drop(world.write(path, bytes)));
}

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// This long after its start.
    Started(Duration),
    /// This long after its journal was seen, which is while it stages, applies or tidies up.
    Journalled(Duration),
    /// As soon as its journal is complete, which is while it applies or tidies up.
    Recorded,
}

/// Starts vso and kills it; says whether it was still running.
fn killed_at(world: &World, arguments: &[&str], moment: Moment) -> bool {
    let mut child = start(world, arguments);
    match moment {
        Moment::Started(delay) => sleep(delay),
        Moment::Journalled(delay) => {
            wait_for_journal(world, &mut child);
            sleep(delay);
        }
        Moment::Recorded => {
            let record = world.path().join(".slice-orchestrator/journal/1/record.json");
            while !record.exists() && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_micros(50));
            }
        }
    }
    let running = child.try_wait().unwrap().is_none();
    // SIGKILL on Unix: nothing in the process gets to tidy up.
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

fn wait_for_journal(world: &World, child: &mut Child) {
    let journal = world.path().join(".slice-orchestrator/journal");
    let begun = || std::fs::read_dir(&journal).is_ok_and(|mut entries| entries.next().is_some());
    while !begun() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_micros(100));
    }
}

fn start(world: &World, arguments: &[&str]) -> Child {
    let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills `arguments` at `times` moments spread over what it takes, each time from the same start; the next command has
/// to bring the tree to before or after. Gives how often it was killed and how often each was found.
#[expect(clippy::print_stdout, reason = "the figures are shown with --no-capture")]
fn kill_often(world: &World, arguments: &[&str], times: u32) -> (u32, u32, u32) {
    let before = tree(world);
    let begun = Instant::now();
    let mut child = start(world, arguments);
    wait_for_journal(world, &mut child);
    let planning = begun.elapsed();
    assert!(child.wait().unwrap().success());
    let writing = begun.elapsed().saturating_sub(planning);
    let after = tree(world);
    assert!(before != after);
    let (mut killed, mut were_before, mut were_after) = (0, 0, 0);
    for turn in 0..times {
        reset(world, &before);
        let part = f64::from(turn) / f64::from(times);
        // Some while it reads and plans, some as soon as the journal is complete, the others while it writes: spread
        // evenly, a little past the end.
        let moment = match turn % 4 {
            0 => Moment::Started(planning.mul_f64(part)),
            1 => Moment::Recorded,
            _ => Moment::Journalled(writing.mul_f64(part * 1.2)),
        };
        killed += u32::from(killed_at(world, arguments, moment));
        // Any command that looks at slices puts the tree in order first.
        world.vso(&["status"]);
        let found = tree(world);
        were_before += u32::from(found == before);
        were_after += u32::from(found == after);
        assert!(found == before || found == after, "turn {turn}: {} files, neither before nor after", found.len());
    }
    world.vso(arguments);
    assert!(tree(world) == after);
    println!(
        "{arguments:?}: {killed} of {times} killed, {were_before} before, {were_after} after; planning {planning:?}, writing {writing:?}"
    );
    (killed, were_before, were_after)
}

#[test]
fn killed_at_any_moment_while_writing_new_slices() {
    let world = World::with_master(&large("see"));
    let (killed, before, after) = kill_often(&world, &["decompose"], 48);
    assert!(killed >= 30 && before > 0 && after > 0, "{killed} killed, {before} before, {after} after");
}

#[test]
fn killed_at_any_moment_while_replacing_slices() {
    let world = World::with_master(&large("see"));
    world.vso(&["decompose"]).exits(0);
    world.write("master-spec.md", large("change"));
    let (killed, before, after) = kill_often(&world, &["decompose", "--force"], 40);
    assert!(killed >= 20 && before > 0 && after > 0, "{killed} killed, {before} before, {after} after");
}

#[test]
fn two_at_once_leave_one_whole_tree() {
    let alone = World::with_master(&large("see"));
    alone.vso(&["decompose"]).exits(0);
    let expected = tree(&alone);
    for _ in 0..5 {
        let world = World::with_master(&large("see"));
        let mut both = [start(&world, &["decompose"]), start(&world, &["decompose"])];
        assert!(both.iter_mut().all(|child| child.wait().unwrap().success()));
        assert!(tree(&world) == expected);
    }
}

#[test]
fn place_time_zone_and_language_do_not_matter() {
    let master = large("see");
    let first = World::with_master(&master);
    first
        .vso_with(&[("TZ", "Pacific/Kiritimati"), ("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8")], &["decompose"])
        .exits(0);
    let second = World::new();
    second.write("elsewhere/in a folder/master-spec.md", &master);
    let root = second.path().join("elsewhere/in a folder");
    let root = root.to_str().unwrap();
    second
        .vso_with(
            &[("TZ", "America/St_Johns"), ("LC_ALL", "C"), ("RAYON_NUM_THREADS", "1")],
            &["decompose", "--project-root", root],
        )
        .exits(0);
    let moved = tree(&second).into_iter().filter_map(|(path, bytes)| {
        let path = path.strip_prefix("elsewhere/in a folder/")?.to_owned();
        (!path.starts_with(".slice-orchestrator/")).then_some((path, bytes))
    });
    assert!(tree(&first) == moved.collect());
}

/// Insists that nothing of a refused write is left, and that the same command works once the cause is gone.
fn refused(world: &World, ran: &crate::world::Ran, cause: &str) {
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains(cause) && ran.err.contains("nothing was written"), "{}", ran.err);
    assert!(!world.has("vertical-slices/slice-001-part-1") && !world.has("deployments"), "something was written");
}

#[test]
fn what_stands_in_the_way_of_writing_ends_it() {
    let master = large("see");
    for path in [".slice-orchestrator", "vertical-slices", "deployments"] {
        let world = World::with_master(&master);
        world.write(path, "a file");
        let ran = world.vso(&["decompose"]);
        assert_eq!((ran.code, world.read(path).as_str()), (3, "a file"), "{path}: {}", ran.err);
        assert!(path == "vertical-slices" || !world.has("vertical-slices"), "{path}: something was written");
        std::fs::remove_file(world.path().join(path)).unwrap();
        world.vso(&["decompose"]).exits(0);
    }
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_project_is_not_followed() {
    let outside = World::new();
    for path in ["vertical-slices", ".slice-orchestrator", "deployments"] {
        let world = World::with_master(&large("see"));
        std::os::unix::fs::symlink(outside.path(), world.path().join(path)).unwrap();
        world.vso(&["decompose"]).exits(3);
        assert!(outside.files().is_empty(), "{path}: {:?}", outside.files().keys());
    }
}

/// A file larger than the limit can't be written: the same to vso as a disk that is full, without needing one.
#[test]
#[cfg(unix)]
fn a_full_disk_ends_writing_and_leaves_nothing() {
    let world = World::with_master(&large("see"));
    let script = format!("trap '' XFSZ; ulimit -f 1; exec '{}' decompose", env!("CARGO_BIN_EXE_vso"));
    let ran = world.command("sh").args(["-c", &script]).output().unwrap();
    let err = String::from_utf8_lossy(&ran.stderr).into_owned();
    let ran = crate::world::Ran { code: ran.status.code().unwrap_or(-1), out: String::new(), err };
    refused(&world, &ran, "make room");
    world.vso(&["decompose"]).exits(0);
    assert!(world.has("vertical-slices/slice-001-part-1/spec.md"));
}

#[test]
#[cfg(unix)]
fn a_folder_that_may_not_be_written_ends_it() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with_master(&large("see"));
    let mode = |mode| std::fs::set_permissions(world.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let root_ignores_modes = std::fs::write(world.path().join("probe"), "").is_ok();
    if !root_ignores_modes {
        refused(&world, &world.vso(&["decompose"]), "");
    }
    mode(0o755);
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_with_130_and_leaves_nothing_torn() {
    let world = World::with_master(&large("see"));
    let before = tree(&world);
    let mut seen = Vec::new();
    for (writing, delay) in
        [(false, 5), (false, 40), (true, 0), (true, 1), (true, 5), (true, 10), (true, 20), (true, 80)]
    {
        reset(&world, &before);
        let mut child = start(&world, &["decompose"]);
        if writing {
            wait_for_journal(&world, &mut child);
        }
        sleep(Duration::from_millis(delay));
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
        let code = child.wait().unwrap().code();
        // Before anything is written the signal itself ends the process, which shells report as 130 too.
        assert!(matches!(code, None | Some(0 | 130)) || !sent.success(), "{code:?}");
        seen.push(code);
        world.vso(&["status"]);
        let files = tree(&world).len();
        assert!(files == before.len() || files > 60 * 5, "{files} files after {delay} ms");
    }
    assert!(seen.contains(&Some(130)), "no run was interrupted in time: {seen:?}");
}
