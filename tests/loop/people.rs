//! What a person does in a slice's folder: items, notes, sub-bullets, tests, files, front matter.

use super::chance::Chance;
use super::master::{Text, add_word, id_of, replace_sentence};
use super::project::{Project, Slice};
use super::words::Words;

/// Kinds of work in a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// A word in a requirement of its own: goes up.
    Item,
    /// Another sentence for a requirement: goes up.
    Sentence,
    /// A word in a criterion that the master states.
    Stated,
    /// A section at the end of the specification.
    Note,
    /// A paragraph below a heading that vso wrote.
    Paragraph,
    /// A detail below a requirement.
    Bullet,
    /// A test of one's own.
    Test,
    /// A line in a test that vso wrote.
    Body,
    /// A file of one's own.
    File,
    /// A file that vso wrote gets another name.
    MoveFile,
    /// A file that vso wrote goes.
    DeleteFile,
    /// A line in the server's configuration.
    Server,
    /// Version or status in the front matter.
    Front,
    /// A requirement goes.
    Remove,
    /// A criterion of one's own, with an id.
    Criterion,
}

/// The work that a free round draws from.
pub const FREE: [Work; 19] = [
    Work::Item,
    Work::Item,
    Work::Item,
    Work::Sentence,
    Work::Stated,
    Work::Note,
    Work::Note,
    Work::Paragraph,
    Work::Bullet,
    Work::Bullet,
    Work::Test,
    Work::Body,
    Work::Body,
    Work::File,
    Work::MoveFile,
    Work::DeleteFile,
    Work::Server,
    Work::Front,
    Work::Criterion,
];

/// A person at work in one slice.
pub struct Person<'a> {
    pub project: &'a Project,
    pub words: &'a mut Words,
    pub chance: &'a mut Chance,
}

impl Person<'_> {
    /// Does one piece of work. Says what was done; none where there is nothing to do it to.
    pub fn work(&mut self, slice: &Slice, work: Work) -> Option<String> {
        let mark = self.words.mark();
        let done = self.try_work(slice, work);
        if done.is_none() {
            self.words.take_back(mark);
        }
        done
    }

    fn try_work(&mut self, slice: &Slice, work: Work) -> Option<String> {
        let spec = format!("{}/spec.md", slice.folder);
        let id = &slice.id;
        match work {
            Work::Item | Work::Sentence | Work::Stated | Work::Bullet | Work::Remove => {
                let mut text = Text::of(&self.text(&spec)?);
                let said = self.item(&mut text, slice, work)?;
                self.project.world.write(&spec, text.text());
                Some(said)
            }
            Work::Note => {
                let word = self.words.fresh(&format!("{id}: a note"));
                self.append(&spec, &format!("\n## Notes of {word}\n\nWhat {word} means to us.\n"))?;
                Some(format!("{id} note {word}"))
            }
            Work::Paragraph => {
                let word = self.words.fresh(&format!("{id}: a paragraph"));
                let mut text = Text::of(&self.text(&spec)?);
                let headings: Vec<usize> =
                    (0..text.lines.len()).filter(|at| text.lines[*at].starts_with("## ")).collect();
                let at = self.chance.pick(&headings)?;
                text.lines.splice(at + 1..at + 1, [String::new(), format!("See also {word}.")]);
                self.project.world.write(&spec, text.text());
                Some(format!("{id} paragraph {word}"))
            }
            Work::Test => {
                let word = self.words.fresh(&format!("{id}: a test"));
                let path = format!("{}/tests/unit/test_criteria.py", slice.folder);
                self.append(&path, &format!("\n\ndef test_{word}(api):\n    assert api is not None, \"{word}\"\n"))?;
                Some(format!("{id} test {word}"))
            }
            Work::Body => self.body(slice),
            Work::File => {
                let word = self.words.fresh(&format!("{id}: a file"));
                let name = self.chance.pick(&["docs/why.md", "tests/unit/test_more.py", "src/app.py", "notes.txt"])?;
                let path = format!("{}/{name}", slice.folder);
                let text = self.text(&path).unwrap_or_default();
                self.project.world.write(&path, format!("{text}# {word}\n"));
                Some(format!("{id} file {name} {word}"))
            }
            Work::MoveFile => self.move_file(slice),
            Work::DeleteFile => {
                let path = self.pick_file(slice, &["terraform/outputs.tf", "tests/load.py", "requirements-dev.txt"])?;
                self.words.discard(&self.text(&path)?, "its file was deleted");
                std::fs::remove_file(self.project.world.path().join(&path)).ok()?;
                Some(format!("deleted {path}"))
            }
            Work::Server => {
                let path = self.pick_file(slice, &["terraform/variables.tf", "terraform/main.tf", "modal/app.py"])?;
                let word = self.words.fresh(&format!("{id}: a line in {path}"));
                let mut text = Text::of(&self.text(&path)?);
                let at = self.chance.below(text.lines.len());
                let at = (at..text.lines.len()).find(|at| text.lines[*at].is_empty())?;
                text.lines.insert(at, format!("# {word}"));
                self.project.world.write(&path, text.text());
                Some(format!("{path} {word}"))
            }
            Work::Front => self.front(slice),
            Work::Criterion => {
                let word = self.words.fresh(&format!("{id}: a criterion of its own"));
                let mut text = Text::of(&self.text(&spec)?);
                let at = text.lines.iter().position(|line| line == "### As a user, I can:")?;
                let number = 200 + self.chance.below(700);
                if text.text().contains(&format!("AC-{number}"))
                    || self.project.world.read("master-spec.md").contains(&format!("AC-{number}"))
                {
                    return None;
                }
                text.lines.insert(at + 2, format!("- **AC-{number}** As a user, I can see {word}."));
                self.project.world.write(&spec, text.text());
                Some(format!("{id} AC-{number} {word}"))
            }
        }
    }

    /// Work on one line of the specification that holds an item.
    fn item(&mut self, text: &mut Text, slice: &Slice, work: Work) -> Option<String> {
        let id = &slice.id;
        let places: Vec<usize> = if work == Work::Stated {
            text.items("AC-").into_iter().filter(|at| text.lines[*at].starts_with("- **AC-0")).collect()
        } else {
            text.section("### Functional").into_iter().filter(|at| text.lines[*at].starts_with("- **")).collect()
        };
        let at = self.chance.pick(&places)?;
        let item = id_of(&text.lines[at])?;
        self.on_item(text, at, work, &format!("{id}: {item}"))?;
        Some(format!("{id} {work:?} {item}"))
    }

    /// The same for a line that was chosen.
    pub fn on_item(&mut self, text: &mut Text, at: usize, work: Work, name: &str) -> Option<()> {
        match work {
            Work::Item | Work::Stated => {
                let word = self.words.fresh_item(&format!("{name} reworded"));
                text.lines[at] = add_word(&text.lines[at], &word);
            }
            Work::Sentence => {
                let word = self.words.fresh_item(&format!("{name} says something else"));
                text.lines[at] = replace_sentence(&text.lines[at], &word, self.words);
            }
            Work::Bullet => {
                let word = self.words.fresh(&format!("{name} has a detail"));
                text.lines.insert(at + 1, format!("  - Mind the {word}."));
            }
            _ => {
                let gone = text.cut(at);
                self.words.discard(&gone.join("\n"), "removed in a slice");
            }
        }
        Some(())
    }

    /// Work on one item by its id in a slice's specification.
    pub fn on(&mut self, slice: &Slice, id: &str, work: Work) -> Option<()> {
        let spec = format!("{}/spec.md", slice.folder);
        let mut text = Text::of(&self.text(&spec)?);
        let at = text.find(id)?;
        self.on_item(&mut text, at, work, &format!("{}: {id}", slice.id))?;
        self.project.world.write(&spec, text.text());
        Some(())
    }

    fn body(&mut self, slice: &Slice) -> Option<String> {
        let path = self.pick_file(slice, &["tests/unit/test_criteria.py", "tests/steps.py", "tests/conftest.py"])?;
        let mut text = Text::of(&self.text(&path)?);
        let is_body = |at: &usize| text.lines[*at].starts_with("    ") && !text.lines[*at].contains("\"\"\"");
        let places: Vec<usize> = (0..text.lines.len()).filter(is_body).collect();
        let at = self.chance.pick(&places)?;
        let word = self.words.fresh(&format!("{}: a line in {path}", slice.id));
        let indent = text.lines[at].len() - text.lines[at].trim_start().len();
        text.lines.insert(at, format!("{}# {word}", " ".repeat(indent)));
        self.project.world.write(&path, text.text());
        Some(format!("{path} {word}"))
    }

    fn move_file(&mut self, slice: &Slice) -> Option<String> {
        let from =
            self.pick_file(slice, &["tests/unit/test_criteria.py", "tests/contract.py", "terraform/variables.tf"])?;
        let to = from.replace(".py", "_moved.py").replace(".tf", "_moved.tf");
        self.project.try_git(&["mv", &from, &to])?;
        if self.chance.percent(50) {
            let word = self.words.fresh(&format!("{}: a line in the moved {to}", slice.id));
            self.append(&to, &format!("# {word}\n"))?;
        }
        Some(format!("moved {from} to {to}"))
    }

    fn front(&mut self, slice: &Slice) -> Option<String> {
        let spec = format!("{}/spec.md", slice.folder);
        let mut text = Text::of(&self.text(&spec)?);
        let key = self.chance.pick(&["version: ", "status: "])?;
        let at = text.lines.iter().position(|line| line.starts_with(key))?;
        text.lines[at] = if key == "status: " {
            "status: \"implemented\"".to_owned()
        } else {
            let mut parts: Vec<u32> = slice.version.split('.').map(|part| part.parse().unwrap_or_default()).collect();
            *parts.get_mut(1)? += 3;
            let parts: Vec<String> = parts.iter().map(u32::to_string).collect();
            format!("version: \"{}\"", parts.join("."))
        };
        self.project.world.write(&spec, text.text());
        Some(format!("{} front matter {}", slice.id, text.lines[at]))
    }

    fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.project.world.path().join(path)).ok()
    }

    fn append(&self, path: &str, more: &str) -> Option<()> {
        let text = self.text(path)?;
        self.project.world.write(path, text + more);
        Some(())
    }

    fn pick_file(&mut self, slice: &Slice, names: &[&str]) -> Option<String> {
        let paths = names.iter().map(|name| format!("{}/{name}", slice.folder));
        let there: Vec<String> = paths.filter(|path| self.project.world.has(path)).collect();
        self.chance.pick(&there)
    }
}
