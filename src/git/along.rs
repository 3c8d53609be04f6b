//! Bringing a worktree along when the branch that is checked out there moves: by git itself, which knows about filters,
//! sparse checkouts and files that stand in the way.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::Repo;
use super::id::Id;
use crate::crash;
use crate::fault::Fault;

impl Repo {
    /// Brings files and index of a worktree from one commit to another, as a fast-forward of `git merge` does: local
    /// changes in other files stay. Doing it again is nothing. The branch itself is the caller's to move, afterwards:
    /// killed in between, the worktree holds the new content as staged changes, and nothing old can be committed over it.
    ///
    /// # Errors
    /// When local changes or untracked files stand in the way (exit 1), or git can't be run (exit 3). Files and index are
    /// then as they were.
    pub fn bring_worktree(&self, folder: &Path, from: Id, to: Id) -> Result<(), Fault> {
        // Files that were only touched must not look changed. What really is, the next call says.
        run(folder, &["update-index", "-q", "--refresh"])?;
        crash::point("git.worktree.before");
        let (ended, said) = run(folder, &["read-tree", "-m", "-u", &from.to_string(), &to.to_string()])?;
        crash::point("git.worktree.after");
        if ended {
            return Ok(());
        }
        let first = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Err(Fault::refused(format!("the worktree {} can't be brought along: {first}", folder.display()))
            .hint("commit, stash or move away what stands in the way, then run this again"))
    }

    /// Whether a ref named this commit at some time in this clone, as its log has it. Where no log is kept (a bare
    /// repository), nobody knows, and the answer is no.
    #[must_use]
    pub fn was_at(&self, name: &str, commit: Id) -> bool {
        let Ok(log) = self.inner.reflog(name) else { return false };
        log.iter().any(|entry| entry.id_new() == commit.0 || entry.id_old() == commit.0)
    }
}

/// What a person has on disk, and commits of theirs: git itself knows about hooks, filters, signing and who they are.
impl Repo {
    /// Those of these paths in which a worktree differs from its last commit, staged or not. Paths are from the
    /// worktree's root and mean what they say, also with `*` in them.
    ///
    /// # Errors
    /// When git can't be run (exit 3).
    pub fn uncommitted(folder: &Path, paths: &[String]) -> Result<Vec<String>, Fault> {
        let mut arguments =
            vec!["--literal-pathspecs", "status", "--porcelain=v1", "-z", "--untracked-files=all", "--"];
        arguments.extend(paths.iter().map(String::as_str));
        let output = started(folder, &arguments)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(said.split('\0').filter_map(|row| row.get(3..)).map(str::to_owned).collect())
    }

    /// Commits these files as they are on disk, and nothing else, whatever is staged.
    ///
    /// # Errors
    /// When git refuses, by a hook or because it does not know who the person is (exit 1), or can't be run (exit 3). The
    /// files are then on disk and not committed.
    pub fn commit_files(folder: &Path, paths: &[String], message: &str) -> Result<(), Fault> {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let message = format!("--message={message}");
        let add = [&["--literal-pathspecs", "add", "--all", "--"], names.as_slice()].concat();
        let commit =
            [&["--literal-pathspecs", "commit", "--quiet", &message, "--only", "--"], names.as_slice()].concat();
        for arguments in [add, commit] {
            let (ended, said) = run(folder, &arguments)?;
            if !ended {
                let said = said.trim().lines().last().unwrap_or_default().to_owned();
                return Err(Fault::refused(format!("git did not commit: {said}"))
                    .hint("the files are settled on disk; commit them yourself once that is mended"));
            }
        }
        Ok(())
    }
}

/// Runs git in a worktree: whether it succeeded, and what it said.
fn run(folder: &Path, arguments: &[&str]) -> Result<(bool, String), Fault> {
    let output = started(folder, arguments)?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn started(folder: &Path, arguments: &[&str]) -> Result<Output, Fault> {
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command.arg("-C").arg(folder).args(arguments).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
        .output()
        .map_err(|error| Fault::unfinished("git can't be run").because(&error).hint("is git installed and in PATH?"))
}

#[cfg(test)]
mod tests {
    use crate::git::sample::Sample;

    /// Two commits, the second of which changes, adds and removes; the worktree is at the first.
    fn sample() -> (Sample, [crate::git::Id; 2]) {
        let sample = Sample::new();
        let first = sample.commit(&[("a", "1\n"), ("b", "1\n"), ("gone", "1\n")], "one");
        sample.git(&["rm", "-q", "gone"]);
        let second = sample.commit(&[("a", "2\n"), ("new/c", "2\n")], "two");
        sample.git(&["reset", "-q", "--hard", &first.to_string()]);
        (sample, [first, second])
    }

    #[test]
    fn files_and_index_follow_and_other_changes_stay() {
        let (sample, [first, second]) = sample();
        std::fs::write(sample.path("b"), "mine\n").unwrap();
        let repo = sample.repo();
        for _ in 0..2 {
            repo.bring_worktree(&sample.path(""), first, second).unwrap();
        }
        let _ = repo.move_ref("refs/heads/main", Some(first), Some(second), "test").unwrap();
        assert_eq!(sample.git(&["status", "--porcelain"]), " M b\n");
        assert_eq!(std::fs::read_to_string(sample.path("new/c")).unwrap(), "2\n");
        assert!(!sample.path("gone").exists());
    }

    #[test]
    fn the_log_knows_where_a_branch_was() {
        let (sample, [first, second]) = sample();
        let repo = sample.repo();
        assert!(repo.was_at("refs/heads/main", second) && repo.was_at("refs/heads/main", first));
        assert!(!repo.was_at("refs/heads/none", first));
        let elsewhere = repo.commit(repo.tree_of(first).unwrap(), &[first], "x", &crate::git::Author::vso(1)).unwrap();
        assert!(!repo.was_at("refs/heads/main", elsewhere));
    }

    #[test]
    fn what_stands_in_the_way_stays() {
        let touched: [fn(&Sample); 3] = [
            |sample| std::fs::write(sample.path("a"), "mine\n").unwrap(),
            |sample| {
                std::fs::create_dir(sample.path("new")).unwrap();
                std::fs::write(sample.path("new/c"), "mine\n").unwrap();
            },
            |sample| {
                std::fs::write(sample.path("a"), "mine\n").unwrap();
                sample.git(&["add", "a"]);
            },
        ];
        for touch in touched {
            let (sample, [first, second]) = sample();
            touch(&sample);
            let before = sample.git(&["status", "--porcelain"]);
            let fault = sample.repo().bring_worktree(&sample.path(""), first, second).unwrap_err();
            assert_eq!(fault.kind(), crate::fault::FaultKind::Refused, "{fault}");
            assert_eq!(sample.git(&["status", "--porcelain"]), before);
        }
    }
}
