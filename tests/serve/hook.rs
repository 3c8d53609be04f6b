//! The sender: signed deliveries over a connection that is kept, and a server that takes them.

use std::io::{BufReader, Write};
use std::net::TcpStream;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::serve::client::{Answer, Server, connect, head, read};
use crate::world::World;

pub const SECRET: &str = "a secret for tests alone, 0123456789";

/// A server that takes webhooks.
pub fn server() -> Server {
    with(&[])
}

/// The same with further variables.
pub fn with(variables: &[(&str, &str)]) -> Server {
    let all: Vec<_> = [("VSO_WEBHOOK_SECRET", SECRET)].into_iter().chain(variables.iter().copied()).collect();
    Server::with(World::with_master("# Shop\n"), &all)
}

/// The signature of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A GUID by number.
pub fn guid(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-{:012x}", number * 7919)
}

/// A small push to one of a few repositories.
pub fn push(number: usize) -> Vec<u8> {
    let repository = number % 5 + 1;
    format!("{{\"ref\":\"refs/heads/main\",\"number\":{number},\"repository\":{{\"id\":{repository},\"full_name\":\"org/r{repository}\"}}}}")
        .into_bytes()
}

/// One connection.
pub struct Sender {
    port: u16,
    stream: BufReader<TcpStream>,
}

impl Sender {
    pub fn new(port: u16) -> std::io::Result<Self> {
        Ok(Self { port, stream: BufReader::new(connect(port)?) })
    }

    /// Sends a delivery and waits for its answer.
    pub fn send(&mut self, event: &str, guid: &str, signature: &str, body: &[u8]) -> std::io::Result<Answer> {
        let headers = [
            ("x-github-event", event),
            ("x-github-delivery", guid),
            ("x-hub-signature-256", signature),
            ("content-type", "application/json"),
        ];
        let mut bytes = head(self.port, "POST", "/webhooks", &headers, body.len()).into_bytes();
        bytes.extend_from_slice(body);
        self.stream.get_mut().write_all(&bytes)?;
        read(&mut self.stream)
    }

    /// The same, signed as it should be.
    pub fn signed(&mut self, event: &str, guid: &str, body: &[u8]) -> std::io::Result<Answer> {
        self.send(event, guid, &signature(SECRET, body), body)
    }
}
