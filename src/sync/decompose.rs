//! What decomposing would write, file by file, and writing it: all of it or nothing.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use super::refine::{self, Refined};
use super::registry::RECORD;
use super::{Master, registry, templates};
use crate::config::Config;
use crate::fault::Fault;
use crate::scaffold::{self, FileTree};
use crate::slicing::registry::Registry;
use crate::slicing::{Refinements, Slice, Slicing};
use crate::spec::text::name_key;
use crate::worktree::{Change, Compared, Lock, Standing, Watch, compare, free_name, write};

/// What the person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Only this slice, by id, number or name. Of the others, new ones get their record alone, which holds their number.
    pub only: Option<String>,
    /// Whether files that differ are replaced; what stood there is kept beside.
    pub force: bool,
    /// Whether the language model is asked. Settings alone never ask one: a `vso.toml` that came with a repository
    /// must not be able to send a key and a specification to a place of its choice.
    pub refine: bool,
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New,
    /// It stands there already, byte for byte.
    Unchanged,
    /// Something else stands there, which is kept under this name.
    Replaced {
        /// The name, from the root.
        kept: String,
    },
    /// Something else stands there, so nothing is written at all.
    Refused,
}

/// One file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its path from the root, with `/`.
    pub path: String,
    /// What becomes of it.
    pub fate: Fate,
    before: Standing,
}

/// What decomposing a project would do.
#[derive(Debug, Clone)]
pub struct Decomposition {
    /// The master.
    pub master: Master,
    /// The slices.
    pub slicing: Slicing,
    /// What a language model proposed, where one was asked.
    pub refined: Refined,
    /// Their files, in the order of the paths.
    pub files: Vec<PlannedFile>,
    /// Slices whose folder on disk has another name than now: the old one, the new one.
    pub renamed: Vec<(String, String)>,
    root: PathBuf,
    config: Config,
    request: Request,
    registry: Registry,
    tree: FileTree,
}

impl Decomposition {
    /// Makes a plan; touches nothing.
    ///
    /// # Errors
    /// When the master, the records, the templates or the request can't be used (exit 1 or 2), or the disk fails
    /// (exit 3).
    pub fn make(root: &Path, config: &Config, request: &Request) -> Result<Self, Fault> {
        let master = Master::read(root, config)?;
        let registry = registry(root, config)?;
        let plain = master.slicing(&registry, config, Refinements::default())?;
        let (slicing, refined) = if request.refine {
            refined(root, config, &master, &registry, &plain)?
        } else {
            (plain, Refined::default())
        };
        let mut tree = scaffold::generate(&slicing, &templates(root)?, &settings(config))
            .map_err(|error| Fault::usage("the slices can't be rendered").because(&error).hint(TEMPLATE_HINT))?;
        let mut chosen_folder = None;
        if let Some(wanted) = &request.only {
            let folder = folder(config, chosen(&slicing, wanted)?);
            tree = only(&tree, &folder, &config.project.slices);
            chosen_folder = Some(folder);
        }
        let mut files = fates(root, &tree, request.force)?;
        if let Some(folder) = chosen_folder {
            files.retain(|file| file.path.starts_with(&folder) || file.fate == Fate::New);
        }
        let renamed = renamed(root, config, &registry, &slicing);
        let (root, config, request) = (root.to_owned(), config.clone(), request.clone());
        Ok(Self { master, slicing, refined, files, renamed, root, config, request, registry, tree })
    }

    /// The files with a certain kind of fate.
    pub fn with(&self, wanted: impl Fn(&Fate) -> bool) -> impl Iterator<Item = &str> {
        self.files.iter().filter(move |file| wanted(&file.fate)).map(|file| file.path.as_str())
    }

    /// How many files would be written.
    #[must_use]
    pub fn to_write(&self) -> usize {
        self.with(is_written).count()
    }

    /// The files of one slice.
    pub fn files_of<'a>(&'a self, slice: &Slice) -> impl Iterator<Item = &'a PlannedFile> + use<'a> {
        let folder = folder(&self.config, slice);
        self.files.iter().filter(move |file| file.path.starts_with(&folder))
    }

    /// The bytes that a file of this plan gets.
    #[must_use]
    pub fn bytes(&self, path: &str) -> &[u8] {
        self.tree.get(path).map_or(&[], |file| &file.bytes)
    }

    /// Why this plan can't be carried out as it is, when that is so.
    ///
    /// # Errors
    /// When files differ and the request does not force, or a folder has to be moved first (exit 1).
    pub fn permitted(&self) -> Result<(), Fault> {
        if let Some((old, new)) = self.renamed.first() {
            let (old, new) =
                (format!("{}/{old}", self.config.project.slices), format!("{}/{new}", self.config.project.slices));
            return Err(Fault::refused(format!("{old} is called {new} now; nothing was written"))
                .hint(format!("move the folder with all that is in it: git mv {old} {new}")));
        }
        match self.with(|fate| *fate == Fate::Refused).count() {
            0 => Ok(()),
            count => {
                let files = if count == 1 { "1 file differs".to_owned() } else { format!("{count} files differ") };
                Err(Fault::refused(format!("{files} from what would be written; nothing was written"))
                    .hint("`vso decompose --force` writes them and keeps what stands there beside, as NAME.orig"))
            }
        }
    }

    /// Writes what is to be written, all of it or nothing. Plans again when another vso wrote in the meantime.
    ///
    /// # Errors
    /// When the plan is not [`permitted`](Self::permitted) (exit 1), the disk fails (exit 3) or the person interrupts
    /// (exit 130); the project is then as it was.
    pub fn carry_out(self, watch: Watch<'_>, waiting: &dyn Fn()) -> Result<Self, Fault> {
        self.permitted()?;
        if self.to_write() == 0 {
            return Ok(self);
        }
        let waited = Cell::new(false);
        let told = || {
            waited.set(true);
            waiting();
        };
        let lock = Lock::take_unless(&self.root, &told, watch.stop)?;
        // Numbers are given under the lock only: what was planned before counts if nobody gave any since.
        let stale = waited.get() || registry(&self.root, &self.config)? != self.registry;
        let plan = if stale { Self::make(&self.root, &self.config, &self.request)? } else { self };
        plan.permitted()?;
        write(&lock, &plan.changes(), watch)?;
        Ok(plan)
    }

    fn changes(&self) -> Vec<Change<'_>> {
        self.files.iter().filter_map(|file| self.change(file)).collect()
    }

    fn change<'a>(&'a self, file: &'a PlannedFile) -> Option<Change<'a>> {
        let keep = match &file.fate {
            Fate::New => None,
            Fate::Replaced { kept } => Some(kept.clone()),
            Fate::Unchanged | Fate::Refused => return None,
        };
        let generated = self.tree.get(&file.path)?;
        let (bytes, executable) = (Some(generated.bytes.as_slice()), generated.executable);
        Some(Change { path: &file.path, before: file.before.clone(), bytes, executable, keep })
    }
}

/// Whether a file with this fate is written.
#[must_use]
pub fn is_written(fate: &Fate) -> bool {
    matches!(fate, Fate::New | Fate::Replaced { .. })
}

const TEMPLATE_HINT: &str =
    "a template in .vso/templates/ stands over the built-in one of the same path; take it away to compare";

/// Asks the language model and cuts again with what is believed of its answer.
fn refined(
    root: &Path,
    config: &Config,
    master: &Master,
    registry: &Registry,
    plain: &Slicing,
) -> Result<(Slicing, Refined), Fault> {
    let refined = refine::refine(root, &config.refine, &master.reading, plain)?;
    let slicing = master.slicing(registry, config, refined.refinements.clone())?;
    Ok((slicing, refined))
}

fn settings(config: &Config) -> scaffold::Settings {
    let deploy = config.deploy.clone();
    scaffold::Settings {
        slices: config.project.slices.clone(),
        repository: deploy.repository,
        reference: deploy.reference,
        location: deploy.location,
        test_server: deploy.test_server,
        production_server: deploy.production_server,
        image: deploy.image,
        port: deploy.port,
    }
}

fn folder(config: &Config, slice: &Slice) -> String {
    format!("{}/{}/", config.project.slices, slice.id)
}

/// The files of one slice, and the records of all: what is not on disk would lose its number to the next new slice.
fn only(tree: &FileTree, folder: &str, slices: &str) -> FileTree {
    let record = |path: &str| path.starts_with(&format!("{slices}/")) && path.ends_with(&format!("/{RECORD}"));
    let wanted = tree.iter().filter(|(path, _)| path.starts_with(folder) || record(path));
    wanted.fold(FileTree::default(), |mut found, (path, file)| {
        // A path that was safe in one tree is safe in the other.
        let _ = found.insert(path, file.bytes.clone(), file.executable);
        found
    })
}

/// A slice by its id, its number or its component's name.
fn chosen<'a>(slicing: &'a Slicing, wanted: &str) -> Result<&'a Slice, Fault> {
    let key = name_key(wanted);
    let number = wanted.parse::<u32>().ok();
    let fits = |slice: &&Slice| slice.id == wanted || Some(slice.number) == number || name_key(&slice.name) == key;
    slicing.slices.iter().find(fits).ok_or_else(|| {
        let ids: Vec<&str> = slicing.slices.iter().map(|slice| slice.id.as_str()).collect();
        Fault::usage(format!("there is no slice {wanted:?}")).hint(format!("there are {}", ids.join(", ")))
    })
}

fn fates(root: &Path, tree: &FileTree, force: bool) -> Result<Vec<PlannedFile>, Fault> {
    let files: Vec<(&str, &[u8])> = tree.iter().map(|(path, file)| (path, file.bytes.as_slice())).collect();
    let planned = |((path, _), compared): (&(&str, &[u8]), Compared)| {
        let (fate, before) = match compared {
            Compared::Missing => (Fate::New, Standing::Nothing),
            Compared::Same => (Fate::Unchanged, Standing::Nothing),
            Compared::Different(found @ (Standing::File(_) | Standing::Link(_))) if force => {
                (Fate::Replaced { kept: free_name(root, path)? }, found)
            }
            Compared::Different(found) => (Fate::Refused, found),
        };
        Ok(PlannedFile { path: (*path).to_owned(), fate, before })
    };
    files.iter().zip(compare(root, &files)?).map(planned).collect()
}

/// A record under another id than its number has now, whose folder still stands.
fn renamed(root: &Path, config: &Config, registry: &Registry, slicing: &Slicing) -> Vec<(String, String)> {
    let slices = root.join(&config.project.slices);
    let now = |number: u32| slicing.slices.iter().find(|slice| slice.number == number).map(|slice| &slice.id);
    let pairs = registry.slices.iter().filter_map(|record| Some((&record.slice_id, now(record.number)?)));
    pairs
        .filter(|(old, new)| old != new && slices.join(old).is_dir())
        .map(|(old, new)| (old.clone(), new.clone()))
        .collect()
}
