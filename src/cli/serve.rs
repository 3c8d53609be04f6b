//! `vso serve`: the companion server, of the project on loopback or of an App's repositories, until Ctrl-C or SIGTERM.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;

use super::{Context, Outcome, out};
use crate::config::Settings;
use crate::config::server::ServerConfig;
use crate::fault::{Fault, FaultKind};
use crate::forge::github::Access;
use crate::ledger::Clock;
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::serve::webhook::{Secrets, VARIABLES};
use crate::serve::{Drained, Home, Opening, Server, log};

/// Serve the dashboard, API and webhooks: of this project on 127.0.0.1, or of a GitHub App's repositories
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints the address with a link that lets one browser in, once; the next link is printed when it was used. Sessions end \
after two hours without use, after twelve hours, and with the server.

Ctrl-C or SIGTERM lets what has begun finish (10 seconds at most), a second one does not.

With VSO_WEBHOOK_SECRET in the environment, POST /webhooks takes GitHub's deliveries: signed ones are kept on the disk \
before they are answered. VSO_WEBHOOK_SECRET_OLD counts beside it while the secret is being changed.

With --settings it serves every repository that a GitHub App is installed on, wherever it is started: a file such as \
deployment/server.toml says where its data lies and how it is reached, and the environment who it is: VSO_APP_ID, \
VSO_APP_PRIVATE_KEY or VSO_APP_PRIVATE_KEY_FILE, VSO_WEBHOOK_SECRET. With VSO_CLIENT_ID and VSO_CLIENT_SECRET people \
sign in with GitHub: they see what they may read there and change what they may push to. The printed link is for whoever \
runs the server: it shows everything.

Open to whoever reaches the port: /healthz, /readyz, /metrics. The log goes to stderr, a JSON object a line, \
credentials hidden; VSO_LOG=debug says more.

Examples:
  vso serve
  vso serve --port 4711
  vso serve --json | jq -r .url
  vso serve --settings /etc/vso/server.toml")]
pub struct Args {
    /// The port on 127.0.0.1; 0 takes one that is free
    #[arg(long, default_value_t = 0, value_name = "PORT", conflicts_with = "file")]
    port: u16,

    /// The https address of a proxy in front of it, such as `https://vso.example.org`
    #[arg(long, value_name = "URL", conflicts_with = "file")]
    public_url: Option<String>,

    /// The server's settings: serve the repositories of a GitHub App's installations
    #[arg(long = "settings", value_name = "FILE")]
    file: Option<PathBuf>,

    /// Print the address as one JSON object
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// What `--json` prints once the server listens.
#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    /// The version of this format: 1.
    format: u32,
    /// The link that lets one browser in, once.
    url: String,
    /// The address without it.
    base: String,
    /// The port on 127.0.0.1.
    port: u16,
    /// Where GitHub's deliveries go; none without VSO_WEBHOOK_SECRET.
    webhooks: Option<String>,
    /// The server's process.
    pid: u32,
}

/// Runs the command.
///
/// # Errors
/// When the port is taken or the ledger can't be opened (exit 3), or the public address is none (exit 2).
pub fn run(args: &Args, context: &dyn Fn() -> Result<Context, Fault>) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let start = start(args, context)?;
    log::begin(std::env::var("VSO_LOG").ok().as_deref(), out::note)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(16).build();
    let runtime = runtime.map_err(|error| Fault::unfinished("can't start the server's threads").because(&error))?;
    let ended = runtime.block_on(serve(args, start));
    // Work that was begun for somebody who is gone is not waited for: the ledger and the journal stand a kill.
    runtime.shutdown_background();
    ended
}

/// Where it listens, and what it is opened with.
fn start(args: &Args, context: &dyn Fn() -> Result<Context, Fault>) -> Result<(SocketAddr, Opening), Fault> {
    let announce = |link: &str| out::note(&format!("the next link: {link}"));
    let secret = |at: usize| std::env::var(VARIABLES[at]).ok();
    let secrets = Secrets::of(secret(0).as_deref(), secret(1).as_deref())?;
    let (address, public, home) = match &args.file {
        None => {
            let Context { root, config, sources } = context()?;
            let home = Home::Project { root, settings: Box::new(Settings { config, sources }) };
            (SocketAddr::from(([127, 0, 0, 1], args.port)), args.public_url.clone(), home)
        }
        Some(file) => {
            let config = ServerConfig::read(file)?;
            let missing = |what: &str| {
                Err(Fault::usage(format!("the environment does not say {what}"))
                    .hint("`vso app create` makes an App and a file with what the server needs in its environment"))
            };
            if secrets.is_none() {
                return missing("VSO_WEBHOOK_SECRET");
            }
            let Some(server) = Access::app_server()? else { return missing("VSO_APP_ID") };
            (config.listen, config.public_url.clone(), Home::Fleet { config, server })
        }
    };
    Ok((address, Opening { home, public, secrets, clock: Clock::Machine, announce }))
}

async fn serve(args: &Args, (address, opening): (SocketAddr, Opening)) -> Result<Outcome, Fault> {
    let mut signals =
        Signals::listen().map_err(|error| Fault::unfinished("can't listen for signals").because(&error))?;
    let takes_webhooks = opening.secrets.is_some();
    let server = Server::bind(address, opening).await?;
    let base = server.shared().hosts.url().to_owned();
    let url = format!("{base}{}", server.shared().sessions.link());
    if args.json {
        let webhooks = takes_webhooks.then(|| format!("{base}/webhooks"));
        out::json(&Report { format: 1, url, base, port: server.port(), webhooks, pid: std::process::id() });
    } else {
        out::data(&format!("{url}\n"));
        out::note("open the link in a browser; it works once. Ctrl-C ends the server");
    }
    let (count, first) = watch::channel(0_u32);
    let second = first.clone();
    tokio::spawn(async move {
        while signals.next().await {
            count.send_modify(|count| *count += 1);
        }
    });
    let begin_to_end = async {
        asked(first, 1).await;
        out::note("ending: what has begun is finished; a second Ctrl-C ends it at once");
    };
    tokio::select! {
        drained = server.run(begin_to_end) => {
            if let Drained::Cut(connections) = drained {
                out::note(&format!("{} did not finish in time", counted(connections, "connection")));
            }
            Ok(Outcome::Clean)
        }
        () = asked(second, 2) => Err(Fault::new(FaultKind::Interrupted, "interrupted before all had finished")),
    }
}

/// Ends when so many signals have come.
async fn asked(mut signals: watch::Receiver<u32>, times: u32) {
    if signals.wait_for(|count| *count >= times).await.is_err() {
        // Nobody counts any more: then none will come.
        std::future::pending::<()>().await;
    }
}

/// Ctrl-C and, on Unix, SIGTERM.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Ends with the next one; false when none can come.
    async fn next(&mut self) -> bool {
        tokio::select! {
            signal = self.interrupt.recv() => signal.is_some(),
            signal = self.terminate.recv() => signal.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
