//! `vso merge-file` and `vso merge-driver`: what they print, write and exit with; the shared options as git has them.

use super::super::world::World;

const BASE: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

/// A world with three files, and the result of `merge-file --git-compat -p` over them with further arguments.
fn compat(base: &str, ours: &str, theirs: &str, arguments: &[&str]) -> (i32, String) {
    let world = World::new();
    world.write("ours.txt", ours);
    world.write("base.txt", base);
    world.write("theirs.txt", theirs);
    let all = [&["merge-file", "--git-compat", "-p"], arguments, &["ours.txt", "base.txt", "theirs.txt"]].concat();
    let ran = world.vso(&all);
    (ran.code, ran.out)
}

#[test]
fn the_plain_form_prints_and_writes_nothing() {
    let world = World::new();
    world.write("base.md", "- REQ-1: a\n");
    world.write("ours.md", "- REQ-1: a\n- REQ-2: b\n");
    world.write("theirs.md", "- REQ-1: a\n- REQ-3: c\n");
    let before = world.files();
    let ran = world.vso(&["merge-file", "base.md", "ours.md", "theirs.md"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "- REQ-1: a\n- REQ-2: b\n- REQ-3: c\n"));
    assert_eq!(world.files(), before);
    let ran = world.vso(&["merge-file", "--in-place", "base.md", "ours.md", "theirs.md"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(world.read("ours.md"), "- REQ-1: a\n- REQ-2: b\n- REQ-3: c\n");
}

#[test]
fn a_conflict_is_named_marked_and_exits_with_one() {
    let world = World::new();
    world.write("base.md", "---\nstatus: draft\n---\n\n# T\n\n- FR-003: it waits\n");
    world.write("ours.md", "---\nstatus: ready\n---\n\n# T\n\n");
    world.write("theirs.md", "---\nstatus: done\n---\n\n# T\n\n- FR-003: it does not wait\n");
    let ran = world.vso(&["merge-file", "base.md", "ours.md", "theirs.md"]);
    insta::assert_snapshot!(format!("exit {}\n{}{}", ran.code, ran.err, ran.out));
    let ran = world.vso(&["merge-file", "--json", "base.md", "ours.md", "theirs.md"]);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(value["conflicts"][1]["item"], "FR-003");
    assert_eq!(value["conflicts"][1]["ours"], serde_json::Value::Null);
    assert_eq!(ran.code, 1);
    let ran = world.vso(&["merge-file", "--theirs", "base.md", "ours.md", "theirs.md"]);
    assert_eq!((ran.code, ran.out), (0, world.read("theirs.md") + "\n"));
}

#[test]
fn as_git_nothing_changed_gives_the_same_and_far_edits_meet() {
    assert_eq!(compat(BASE, BASE, BASE, &[]), (0, BASE.to_owned()));
    let (ours, theirs) = (format!("{BASE}eight\n"), BASE.replace("one\ntwo\n", "one two\n"));
    assert_eq!(compat(BASE, &ours, &theirs, &["-q"]), (0, format!("{theirs}eight\n")));
    // A missing newline at the end stays missing, away from the other side's change.
    let (bare, upper) = (BASE.trim_end(), BASE.replace("one", "ONE"));
    assert_eq!(compat(BASE, bare, &upper, &[]), (0, upper.trim_end().to_owned()));
}

#[test]
fn as_git_conflicts_are_marked_with_names_or_labels() {
    let (ours, theirs) = (BASE.replace("one\ntwo\n", "one two\n"), BASE.replace("one", "ONE"));
    let rest = "three\nfour\nfive\nsix\nseven\n";
    let marked =
        |ours: &str, theirs: &str| format!("<<<<<<< {ours}\none two\n=======\nONE\ntwo\n>>>>>>> {theirs}\n{rest}");
    assert_eq!(compat(BASE, &ours, &theirs, &[]), (1, marked("ours.txt", "theirs.txt")));
    assert_eq!(compat(BASE, &ours, &theirs, &["-L", "1", "-L", "2"]), (1, marked("1", "theirs.txt")));
    assert_eq!(compat(BASE, &ours, &theirs, &["-L", "1", "-L", "2", "-L", "3"]), (1, marked("1", "3")));
    assert_eq!(compat(BASE, &ours, &theirs, &["--ours"]), (0, format!("one two\n{rest}")));
    assert_eq!(compat(BASE, &ours, &theirs, &["--theirs"]), (0, format!("ONE\ntwo\n{rest}")));
    assert_eq!(compat(BASE, &ours, &theirs, &["--union"]), (0, format!("one two\nONE\ntwo\n{rest}")));
    let long = format!(
        "<<<<<<<<<< ours.txt\none two\n|||||||||| base.txt\none\ntwo\n==========\nONE\ntwo\n>>>>>>>>>> theirs.txt\n{rest}"
    );
    assert_eq!(compat(BASE, &ours, &theirs, &["--diff3", "--marker-size=10"]), (1, long));
    // What ours removed and theirs changed.
    let tail = format!("{BASE}eight\nnine\n");
    let shown = format!("{BASE}<<<<<<< ours.txt\n=======\neight\nNINE\n>>>>>>> theirs.txt\n");
    assert_eq!(compat(&tail, BASE, &tail.replace("nine", "NINE"), &[]), (1, shown));
}

#[test]
fn as_git_near_conflicts_are_one() {
    let markers = |text: &str| text.lines().filter(|line| line.starts_with("=======")).count();
    let edit = |end: &str| BASE.replace("two", &format!("two{end}")).replace("four", &format!("four{end}"));
    let (code, text) = compat(BASE, &edit(";"), &edit(","), &[]);
    assert_eq!((code, markers(&text)), (1, 1));
    let blank = |end: &str| edit(end).replace("three\n", "\n\n\n\n\n");
    let (code, text) = compat(BASE, &blank(";"), &blank(","), &[]);
    assert_eq!((code, markers(&text)), (1, 1));
    // With base between the markers nothing is taken out.
    let (code, text) = compat(BASE, &edit(";"), &edit(","), &["--diff3"]);
    assert_eq!((code, markers(&text)), (2, 2));
}

#[test]
fn as_git_a_conflict_at_the_end_without_newline() {
    let sides = ("1\n2\n3", "1\n2\n3x", "1\n2\n3y");
    let settled = |arguments: &[&str]| compat(sides.0, sides.1, sides.2, arguments);
    assert_eq!(settled(&["--ours"]), (0, "1\n2\n3x".to_owned()));
    assert_eq!(settled(&["--theirs"]), (0, "1\n2\n3y".to_owned()));
    assert_eq!(settled(&["--union"]), (0, "1\n2\n3x\n3y".to_owned()));
    let (code, text) = compat("1\r\n2\r\n3", "1\r\n2\r\n4", "1\r\n2\r\n5", &[]);
    assert_eq!(code, 1);
    assert!(text.lines().count() == 7 && text.split_inclusive('\n').all(|line| line.ends_with("\r\n")), "{text:?}");
    let (_, text) = settled(&[]);
    assert!(!text.contains('\r'));
}

#[test]
fn as_git_it_writes_into_the_current_file_counts_and_refuses_binary_files() {
    let world = World::new();
    let numbered =
        |word: &str| (0..1_000).map(|at| format!("{at}\n\nfar\naway\nfrom\n{word} {at}\n")).collect::<String>();
    world.write("base.txt", numbered("base"));
    world.write("ours.txt", numbered("ours"));
    world.write("theirs.txt", numbered("theirs"));
    let arguments = ["merge-file", "--git-compat", "--diff3", "ours.txt", "base.txt", "theirs.txt"];
    assert_eq!(world.vso(&arguments).code, 127);
    assert!(world.read("ours.txt").contains("<<<<<<< ours.txt\nours 7\n||||||| base.txt\nbase 7\n=======\ntheirs 7\n"));
    world.write("ours.txt", b"a\0b");
    let ran = world.vso(&arguments);
    assert_eq!(ran.code, 255);
    assert!(ran.err.contains("cannot merge binary files: ours.txt"), "{}", ran.err);
    world.write("ours.txt", [0xe9, b'\n', b'x', b'\n']);
    world.write("base.txt", [0xe9, b'\n']);
    world.write("theirs.txt", [b'y', b'\n', 0xe9, b'\n']);
    assert_eq!(world.vso(&arguments).code, 0);
    assert_eq!(world.files()["ours.txt"], [b'y', b'\n', 0xe9, b'\n', b'x', b'\n']);
    assert_eq!(world.vso(&["merge-file", "--git-compat", "ours.txt", "gone.txt", "theirs.txt"]).code, 255);
}

#[test]
fn git_merges_through_the_driver() {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    let driver = format!("'{}' merge-driver %O %A %B %L %P", env!("CARGO_BIN_EXE_vso"));
    world.git(&["config", "merge.vso.driver", &driver]);
    world.write(".gitattributes", "*.md merge=vso\n");
    world.write("spec.md", "# S\n\n- REQ-1: a\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-qm", "base"]);
    world.git(&["checkout", "-qb", "side"]);
    world.write("spec.md", "# S\n\n- REQ-1: a\n- REQ-3: c\n");
    world.git(&["commit", "-qam", "side"]);
    world.git(&["checkout", "-q", "main"]);
    world.write("spec.md", "# S\n\n- REQ-1: a\n- REQ-2: b\n");
    world.git(&["commit", "-qam", "main"]);
    world.git(&["merge", "-q", "side"]);
    assert_eq!(world.read("spec.md"), "# S\n\n- REQ-1: a\n- REQ-2: b\n- REQ-3: c\n");
    world.write("binary.md", b"\0");
    assert_eq!(world.vso(&["merge-driver", "spec.md", "binary.md", "spec.md", "7", "x.md"]).code, 129);
}
