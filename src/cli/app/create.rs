//! `vso app create`: a GitHub App from the built-in manifest, by way of a browser, its secrets in files of their owner.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Outcome, out};
use crate::cli::interrupt;
use crate::fault::{Fault, FaultKind};
use crate::forge::github::{NewApp, Registry};
use crate::report::json::schema_of;
use crate::serve::register::{Opening, Registration};
use crate::sync::app::{self, FILES};
use crate::worktree::Private;

const NEXT: &str = include_str!("../../../templates/app/next.txt");

/// How often Ctrl-C is looked for.
const GLANCE: Duration = Duration::from_millis(50);

/// Make a GitHub App from the built-in manifest and keep its secrets
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints a link to a page on 127.0.0.1 whose button leads to GitHub; there you say yes, and the browser comes back. The App \
may read and write contents, pull requests, checks and issues, and nothing else. It is private to its owner.

DIR/app.env (the variables of `vso serve --settings`) and DIR/app.pem (the private key) are readable by their owner alone. \
An App that is there is never overwritten; --force keeps it as app.env.old and app.pem.old.

Another GitHub than github.com is named by GITHUB_SERVER_URL and GITHUB_API_URL. On a machine without a browser, forward \
the port: ssh -L 4712:127.0.0.1:4712, and --port 4712.

Exits with 3 when nobody came back from GitHub within an hour, which is as long as GitHub lets it take.

Examples:
  vso app create --org acme --url https://vso.example.org --dir /etc/vso
  vso app create --url https://vso.example.org --dir . --name \"our vso\" --port 4712")]
pub struct Args {
    /// The organisation that it shall belong to; by default whoever is signed in at GitHub
    #[arg(long, value_name = "ORG")]
    org: Option<String>,

    /// The address at which GitHub and people will reach the server
    #[arg(long, value_name = "URL", required_unless_present = "schema")]
    url: Option<String>,

    /// The folder that gets app.env and app.pem; made if it is missing
    #[arg(long, value_name = "DIR", required_unless_present = "schema")]
    dir: Option<PathBuf>,

    /// Its name, which no other App may have; it can be changed on GitHub's page
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The port on 127.0.0.1; 0 takes one that is free
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,

    /// Write also where an App is; what is there is kept as NAME.old
    #[arg(long)]
    force: bool,

    /// Print what was made as one JSON object, without its secrets
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    /// The version of this format: 1.
    format: u32,
    /// The App's number.
    id: u64,
    /// Its name in addresses; its bot is called `SLUG[bot]`.
    slug: String,
    /// Its name.
    name: String,
    /// Who owns it.
    owner: String,
    /// Its page.
    page: String,
    /// Where it is installed on repositories.
    install: String,
    /// The file with the variables.
    env: String,
    /// The file with the private key.
    key: String,
    /// What it may do.
    permissions: std::collections::BTreeMap<String, String>,
    /// What it is told of.
    events: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When an App is there already (exit 1), a value can't be used (exit 2), the folder can't be written, GitHub gave no App or
/// nobody came back in time (exit 3), or Ctrl-C (exit 130).
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    let (Some(url), Some(dir)) = (&args.url, &args.dir) else {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    };
    let registry = Registry::find()?;
    let manifest = app::manifest_for(url, args.name.as_deref(), args.org.as_deref())?;
    let room = Private::take(dir, &FILES, args.force)?;
    app::check_folder(room.folder())?;
    let place = Place { folder: room.folder().to_owned(), key: room.path(FILES[0]), env: room.path(FILES[1]) };
    let (patience, keeper, key) = (registry.patience(), registry.clone(), place.key.clone());
    let keep = move |made: &NewApp| {
        let env = app::environment(made, &keeper, &key)?;
        room.write(&[made.key(), &env])
    };
    let folder = place.folder.display().to_string();
    let (keep, organization) = (Box::new(keep), args.org.clone());
    let opening = Opening { registry, organization, manifest, folder, keep, say };
    let stop = interrupt::listen();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Fault::unfinished("can't start the page's threads").because(&error))?;
    let made = runtime.block_on(wait(args.port, opening, patience, stop));
    // A request to GitHub that nobody waits for any more must not hold the process.
    runtime.shutdown_background();
    told(args, url, &place, &made?);
    Ok(Outcome::Clean)
}

/// Where things will be.
struct Place {
    folder: PathBuf,
    env: PathBuf,
    key: PathBuf,
}

async fn wait(port: u16, opening: Opening, patience: Duration, stop: &AtomicBool) -> Result<NewApp, Fault> {
    let page = Registration::bind(port, opening).await?;
    out::note(&format!("open this link in a browser that is signed in at GitHub: {}", page.link()));
    out::note("waiting until the App is made there; Ctrl-C ends it, and nothing is written");
    let stopped = async {
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(GLANCE).await;
        }
    };
    let late = || {
        Fault::unfinished("nobody came back from GitHub within an hour, which is as long as a code is good")
            .hint("run it again; nothing was written")
    };
    let made = tokio::time::timeout(patience, page.run(stopped)).await.map_err(|_| late())??;
    made.ok_or_else(|| Fault::new(FaultKind::Interrupted, "interrupted before the App was there; nothing was written"))
}

fn say(line: &str) {
    out::note(&out::plain(line));
}

fn told(args: &Args, url: &str, place: &Place, made: &NewApp) {
    let [env, key, folder] = [&place.env, &place.key, &place.folder].map(|path| path.display().to_string());
    if args.json {
        out::json(&Report {
            format: 1,
            id: made.id,
            slug: made.slug.clone(),
            name: made.name.clone(),
            owner: made.owner.clone(),
            page: made.page.clone(),
            install: made.install_page(),
            env,
            key,
            permissions: made.permissions.clone(),
            events: made.events.clone(),
        });
        return;
    }
    let mut text = NEXT.to_owned();
    for (name, value) in [
        ("name", &made.name),
        ("owner", &made.owner),
        ("env", &env),
        ("key", &key),
        ("folder", &folder),
        ("install", &made.install_page()),
        ("url", &url.to_owned()),
    ] {
        text = text.replace(&format!("{{{{ {name} }}}}"), &out::plain(value));
    }
    out::data(&text);
}
