//! What happens, as it happens: the stream of `/live` says that something changed, and ends with the server.

use std::io::{BufRead, BufReader, Write};

use super::visit::Visit;
use crate::client::{connect, head};
use crate::world::project::Project;

/// Reads lines of the stream until one holds these words.
fn until(stream: &mut impl BufRead, words: &str) {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ended before {words:?}");
    }
}

#[test]
fn a_change_is_told_within_seconds_and_the_stream_ends_with_the_server() {
    let mut visit = Visit::of(Project::in_step());
    let mut stream = connect(visit.server.port).unwrap();
    let path = "/r/local/live";
    stream.write_all(head(visit.server.port, "GET", path, &[("cookie", &visit.cookie)], 0).as_bytes()).unwrap();
    let mut stream = BufReader::new(stream);
    until(&mut stream, "text/event-stream");
    until(&mut stream, "event: hello");
    // Another process works in the same project.
    visit.edit("master-spec.md", "with a title", "with a title and a photo");
    visit.server.world.vso(&["sync"]).exits(0);
    until(&mut stream, "event: changed");
    visit.server.signal("TERM");
    let mut rest = String::new();
    while stream.read_line(&mut rest).unwrap() > 0 {}
    assert_eq!(visit.server.wait(), Some(0));
}
