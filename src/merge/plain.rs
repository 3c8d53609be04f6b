//! A merge by lines alone that marks conflicts as `git merge-file` does, for those who ask for exactly that.
//!
//! Lines are compared with their ends, byte for byte. Without base in the markers, what both sides have in common is
//! taken out of a conflict, and conflicts with next to nothing between them are one.

use super::line::{self, Chunk, Lines, Pool};
use super::merged::Labels;

/// What to do where both sides changed the same lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Favour {
    /// Mark both.
    Nobody,
    /// Take ours.
    Ours,
    /// Take theirs.
    Theirs,
    /// Take ours, then theirs.
    Both,
}

/// How a plain merge is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Beside the markers, and their length.
    pub labels: Labels,
    /// Whether base stands between the markers too.
    pub with_base: bool,
    /// Who wins.
    pub favour: Favour,
}

/// The merged text and how many conflicts are marked in it.
#[must_use]
pub fn plain(base: &str, ours: &str, theirs: &str, style: &Style) -> (String, usize) {
    let mut pool = Pool::default();
    let sides = [base, ours, theirs].map(|text| pool.lines(text));
    let mut chunks: Vec<(Chunk, Verdict)> = line::chunks(&sides[0].numbers, &sides[1].numbers, &sides[2].numbers)
        .into_iter()
        .map(|chunk| {
            let verdict = verdict(&chunk, &sides);
            (chunk, verdict)
        })
        .collect();
    if !style.with_base {
        chunks = chunks.into_iter().flat_map(|(chunk, verdict)| refined(chunk, verdict, &sides)).collect();
        chunks = joined(chunks, &sides[1]);
    }
    let mut writer = Writer { text: String::new(), windows: has_windows_lines(ours), conflicts: 0 };
    for (chunk, verdict) in chunks {
        match verdict {
            Verdict::Ours => writer.text.push_str(sides[1].of(&chunk.ours)),
            Verdict::Theirs => writer.text.push_str(sides[2].of(&chunk.theirs)),
            Verdict::Conflict => {
                let [b, o, t] = [sides[0].of(&chunk.base), sides[1].of(&chunk.ours), sides[2].of(&chunk.theirs)];
                writer.conflict(b, o, t, style);
            }
        }
    }
    (writer.text, writer.conflicts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ours,
    Theirs,
    Conflict,
}

fn verdict(chunk: &Chunk, [base, ours, theirs]: &[Lines<'_>; 3]) -> Verdict {
    let [b, o, t] = [base.of(&chunk.base), ours.of(&chunk.ours), theirs.of(&chunk.theirs)];
    match () {
        () if chunk.same || t == b || o == t => Verdict::Ours,
        () if o == b => Verdict::Theirs,
        () => Verdict::Conflict,
    }
}

/// A conflict without what both sides have alike.
fn refined(chunk: Chunk, verdict: Verdict, [_, ours, theirs]: &[Lines<'_>; 3]) -> Vec<(Chunk, Verdict)> {
    if verdict != Verdict::Conflict || chunk.ours.is_empty() || chunk.theirs.is_empty() {
        return vec![(chunk, verdict)];
    }
    let pairs = line::matches(&ours.numbers[chunk.ours.clone()], &theirs.numbers[chunk.theirs.clone()]);
    let mut found: Vec<(Chunk, Verdict)> = Vec::new();
    let (mut o, mut t) = (0, 0);
    let mut push = |ours: std::ops::Range<usize>, theirs: std::ops::Range<usize>, verdict: Verdict| {
        if ours.is_empty() && theirs.is_empty() {
            return;
        }
        let shift = |range: std::ops::Range<usize>, by: usize| range.start + by..range.end + by;
        let (ours, theirs) = (shift(ours, chunk.ours.start), shift(theirs, chunk.theirs.start));
        found.push((Chunk { base: chunk.base.start..chunk.base.start, ours, theirs, same: false }, verdict));
    };
    for (at, there) in pairs.iter().enumerate() {
        if let Some(there) = there {
            push(o..at, t..*there, Verdict::Conflict);
            push(at..at + 1, *there..there + 1, Verdict::Ours);
            (o, t) = (at + 1, there + 1);
        }
    }
    push(o..pairs.len(), t..chunk.theirs.len(), Verdict::Conflict);
    found
}

/// Conflicts with at most three lines between them, or lines without a letter, are one.
fn joined(chunks: Vec<(Chunk, Verdict)>, ours: &Lines<'_>) -> Vec<(Chunk, Verdict)> {
    const FEW: usize = 3;
    let mut found: Vec<(Chunk, Verdict)> = Vec::new();
    // Where the last conflict stands, if only lines common to both sides follow it.
    let mut open: Option<usize> = None;
    for (chunk, verdict) in chunks {
        let is_common = verdict == Verdict::Ours && ours.of(&chunk.ours).lines().count() == chunk.theirs.len();
        match (verdict, open) {
            (Verdict::Conflict, Some(at)) => {
                let between = found[at].0.ours.end..chunk.ours.start;
                let has_letters = ours.of(&between).contains(char::is_alphanumeric);
                if between.len() <= FEW || !has_letters {
                    found.truncate(at + 1);
                    found[at].0.ours.end = chunk.ours.end;
                    found[at].0.theirs.end = chunk.theirs.end;
                    found[at].0.base.end = chunk.base.end;
                    continue;
                }
                open = Some(found.len());
            }
            (Verdict::Conflict, None) => open = Some(found.len()),
            _ if !is_common => open = None,
            _ => {}
        }
        found.push((chunk, verdict));
    }
    found
}

/// Whether a text ends its first line as Windows does; its markers then do too.
fn has_windows_lines(text: &str) -> bool {
    text.lines().next().is_some() && text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"))
}

struct Writer {
    text: String,
    windows: bool,
    conflicts: usize,
}

impl Writer {
    fn conflict(&mut self, base: &str, ours: &str, theirs: &str, style: &Style) {
        match style.favour {
            Favour::Ours => self.text.push_str(ours),
            Favour::Theirs => self.text.push_str(theirs),
            Favour::Both => {
                self.text.push_str(ours);
                if !theirs.is_empty() {
                    self.end_line();
                }
                self.text.push_str(theirs);
            }
            Favour::Nobody => {
                self.conflicts += 1;
                let labels = &style.labels;
                self.marker('<', &labels.ours, labels.size);
                self.text.push_str(ours);
                if style.with_base {
                    self.marker('|', &labels.base, labels.size);
                    self.text.push_str(base);
                }
                self.marker('=', "", labels.size);
                self.text.push_str(theirs);
                self.marker('>', &labels.theirs, labels.size);
            }
        }
    }

    fn marker(&mut self, letter: char, label: &str, size: usize) {
        self.end_line();
        self.text.extend(std::iter::repeat_n(letter, size));
        if !label.is_empty() {
            self.text.push(' ');
            self.text.push_str(label);
        }
        self.text.push_str(if self.windows { "\r\n" } else { "\n" });
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push_str(if self.windows { "\r\n" } else { "\n" });
        }
    }
}
