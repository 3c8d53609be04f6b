//! A stateful GitHub over real bare repositories, on loopback, for tests and for trying vso without an account.
//!
//! `fakehub --data DIR [--port N]` prints one line `{"url":"http://127.0.0.1:PORT"}` when it is ready and ends when its
//! standard input closes or on SIGTERM. It knows nothing of its client: it is written from GitHub's documentation.

#![recursion_limit = "512"]

mod access;
mod auth;
mod call;
mod clock;
mod control;
mod faults;
mod gate;
mod git;
mod graphql;
mod keys;
mod limits;
mod page;
mod rest;
mod shape;
mod state;
mod web;
mod webhooks;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "fakehub: {why}");
            ExitCode::from(2)
        }
    }
}

/// What the command line says: the folder for the repositories and the port (0: any free one).
fn arguments() -> Result<(PathBuf, u16), String> {
    let (mut data, mut port) = (None, 0);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--data" => data = Some(PathBuf::from(value()?)),
            "--port" => port = value()?.parse().map_err(|error| format!("--port: {error}"))?,
            _ => return Err(format!("unknown argument {word}; usage: fakehub --data DIR [--port N]")),
        }
    }
    Ok((data.ok_or("usage: fakehub --data DIR [--port N]")?, port))
}

#[tokio::main]
async fn run() -> Result<(), String> {
    let (data, port) = arguments()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let origin = format!("http://{address}");
    let state = state::State::new(origin.clone(), data).map_err(|error| error.to_string())?;
    let hub = gate::Hub::new(state);
    webhooks::start(&hub);
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::json!({ "url": origin })).map_err(|error| error.to_string())?;
    out.flush().map_err(|error| error.to_string())?;
    tokio::select! {
        served = axum::serve(listener, gate::router(hub)) => served.map_err(|error| error.to_string()),
        () = closed() => Ok(()),
    }
}

/// Comes back when standard input is at its end or the process is asked to end.
async fn closed() {
    let (tell, told) = tokio::sync::oneshot::channel();
    // A thread of its own: a blocking read must not keep the runtime from ending.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = tell.send(());
    });
    tokio::select! {
        _ = told => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
