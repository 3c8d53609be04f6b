//! The demonstration's server: `vso serve` as a child, being an App on the stand-in for GitHub; and how its answers to
//! what happens there are waited for.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fault::Fault;

/// How long it may take to start, and to tell its next link.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to end by itself: it lets what has begun finish.
const FAREWELL: Duration = Duration::from_secs(15);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// What the server says before each link that it gives out.
const NEXT: &str = "the next link: ";
/// How it begins to say why it can't start.
const ERROR: &str = "error: ";

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Its address.
    pub(super) base: String,
    link: String,
    links: Receiver<String>,
}

impl Server {
    /// Starts it with its data in a folder.
    ///
    /// # Errors
    /// When it can't be started, or does not say where it is (exit 3).
    pub(super) fn start(vso: &Path, folder: &Path, variables: &[(String, String)]) -> Result<Self, Fault> {
        let failed = |error: &dyn std::fmt::Display| Fault::unfinished(format!("the server can't be started: {error}"));
        let settings = folder.join("server.toml");
        std::fs::write(&settings, "listen = \"127.0.0.1:0\"\ndata = \"data\"\n").map_err(|error| failed(&error))?;
        let mut child = Command::new(vso)
            .args(["serve", "--json", "--settings"])
            .arg(&settings)
            .current_dir(folder)
            .env_remove("GITHUB_TOKEN")
            .env_remove("GH_TOKEN")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))?;
        let links = child.stderr.take().map(listen);
        let first = |pipe| serde_json::Deserializer::from_reader(BufReader::new(pipe)).into_iter::<Value>().next();
        let said = child.stdout.take().and_then(first).and_then(Result::ok).unwrap_or(Value::Null);
        let word = |key: &str| said[key].as_str().map(str::to_owned);
        match (links, word("base"), word("url")) {
            (Some(links), Some(base), Some(link)) => Ok(Self { child, base, link, links }),
            (links, ..) => {
                let _ = child.kill().and_then(|()| child.wait());
                let said = links.and_then(|links| links.iter().find(|said| said.starts_with(ERROR)));
                Err(failed(&said.as_deref().unwrap_or("it did not say where it is")))
            }
        }
    }

    /// The link that lets one browser in.
    pub(super) fn link(&self) -> &str {
        &self.link
    }

    /// Waits for the link that follows one that was used.
    ///
    /// # Errors
    /// When the server does not tell it (exit 3).
    pub(super) fn next_link(&mut self) -> Result<(), Fault> {
        let next = self.links.recv_timeout(PATIENCE);
        self.link = next.map_err(|_| Fault::unfinished("the server does not tell its next link"))?;
        Ok(())
    }
}

/// Reads what the server says to its end, and passes on the links in it, and why it can't start.
fn listen(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, links) = channel();
    spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let link = line.split_once(NEXT).map(|(_, link)| link.trim());
            if let Some(said) = link.or_else(|| line.starts_with(ERROR).then_some(&*line)) {
                // Nobody may want it any more; the pipe is read all the same.
                let _ = tell.send(said.to_owned());
            }
        }
    });
    links
}

/// Looks until something is there.
///
/// # Errors
/// When it can't be looked at, or does not come in time (exit 3).
pub(super) fn until<T>(what: &str, look: impl Fn() -> Result<Option<T>, Fault>) -> Result<T, Fault> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if begun.elapsed() > 2 * PATIENCE {
            return Err(Fault::unfinished(format!("the server did not come to this: {what}")));
        }
        std::thread::sleep(LOOK);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, so that it lets what has begun finish. No safe call of the standard library asks.
        #[cfg(unix)]
        let _ = Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        #[cfg(not(unix))]
        let _ = self.child.kill();
        let begun = Instant::now();
        while begun.elapsed() < FAREWELL {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
