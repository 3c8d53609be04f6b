//! A server in a world of its own, and a client that sends exactly what a test says, byte by byte.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::world::World;

/// A running `vso serve`; killed when dropped.
pub struct Server {
    pub world: World,
    pub port: u16,
    /// The link that lets one browser in.
    pub url: String,
    child: Child,
    /// What it says on stderr, line by line.
    lines: Receiver<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// By lower-case name; of several with one name the last.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Server {
    /// In a new world with a small project.
    pub fn new() -> Self {
        Self::with(World::with_master("# Shop\n\n- **FR-001** A user can pay.\n"), &[])
    }

    /// In a world, with further variables.
    pub fn with(world: World, variables: &[(&str, &str)]) -> Self {
        Self::start(world, variables, 0).unwrap_or_else(|_| panic!("the server does not start"))
    }

    /// On a port; gives the world back when it ends before it listens.
    pub fn start(world: World, variables: &[(&str, &str)], port: u16) -> Result<Self, World> {
        Self::run(world, variables, &["--port", &port.to_string()])
    }

    /// With other arguments, such as `--settings`.
    pub fn run(world: World, variables: &[(&str, &str)], arguments: &[&str]) -> Result<Self, World> {
        let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
        command.args(["serve", "--json"]).args(arguments).envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = said(&mut child);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.ends_with("}\n") {
            if stdout.read_line(&mut text).unwrap() == 0 {
                child.wait().unwrap();
                return Err(world);
            }
        }
        let report: Value = serde_json::from_str(&text).unwrap();
        let port = report["port"].as_u64().unwrap().try_into().unwrap();
        Ok(Self { world, port, url: report["url"].as_str().unwrap().into(), child, lines })
    }

    /// The path and query of the link.
    pub fn link(&self) -> &str {
        &self.url[self.url.find("/enter").unwrap()..]
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request with a host of the server's own, and reads the answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        send(self.port, method, path, headers, body).unwrap()
    }

    /// A GET.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }

    /// Comes in with the link: the header that shows the cookie.
    pub fn enter(&self) -> String {
        let answer = self.get(self.link(), &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.cookie()
    }

    /// The next line on stderr with these words.
    pub fn says(&self, words: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("no line: {words}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end: the exit code, or none for a signal's.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Server {
    /// Kills it, should it still run, and keeps the world.
    pub fn kill(mut self) -> World {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::mem::replace(&mut self.world, World::new())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// What a `cookie` header has to hold from now on.
    pub fn cookie(&self) -> String {
        let set = &self.headers["set-cookie"];
        set.split(';').next().unwrap().to_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn said(child: &mut Child) -> Receiver<String> {
    let (tell, told) = channel();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(tell.send(line))));
    told
}

/// A connection with bounds on how long it waits.
pub fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The head of a request; a host of the server's own unless the headers name one.
pub fn head(port: u16, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str(&format!("host: 127.0.0.1:{port}\r\n"));
    }
    if !headers.iter().any(|(name, _)| *name == "content-length") && (length > 0 || method != "GET") {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    head
}

/// One request on a connection of its own.
pub fn send(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Answer> {
    let mut stream = connect(port)?;
    stream.write_all(head(port, method, path, headers, body.len()).as_bytes())?;
    // Who is refused early may find the connection closed while it still writes; the answer is there.
    let _ = stream.write_all(body);
    read(&mut BufReader::new(stream))
}

/// Reads one answer.
pub fn read(stream: &mut impl BufRead) -> std::io::Result<Answer> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
