//! The generated tests of one slice against a service that does what the specification says: all green.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::bench::{EXAMPLE, decomposed, pytest, python, said, slice};
use crate::world::World;

/// Where the reference stands.
pub fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/loans")
}

/// A running service; it ends when this is dropped.
pub struct Service {
    child: Child,
    url: String,
}

impl Service {
    /// Starts a service.py and waits until it says its port.
    pub fn start(python: &Path, service: &Path) -> Self {
        let mut command = Command::new(python);
        command.arg(service).env("PYTHONPATH", source()).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it can be started");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("it was piped")).read_line(&mut port).expect("it says its port");
        Self { child, url: format!("http://127.0.0.1:{}", port.trim()) }
    }

    /// Runs tests of a slice against it.
    pub fn tested(&self, python: &Path, folder: &Path, arguments: &[&str]) -> Output {
        let source = source();
        let environment = [
            ("BASE_URL", self.url.as_str()),
            ("API_TOKEN", "reference"),
            ("REFERENCE", source.to_str().expect("the repository's path is text")),
            ("LOAD_SCALE", "0.05"),
        ];
        pytest(python, folder, arguments, &environment)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The example's slices, the steps of one of them written.
pub fn prepared() -> (World, PathBuf) {
    let world = decomposed(EXAMPLE);
    let folder = slice(&world, "-loans");
    std::fs::copy(source().join("steps.py"), folder.join("tests/steps.py")).expect("steps can be copied");
    (world, folder)
}

#[test]
fn a_slice_that_does_what_the_specification_says_is_green() {
    let Some(python) = python(&["pytest", "httpx"]) else { return };
    let (_world, folder) = prepared();
    let service = Service::start(&python, &source().join("service.py"));
    let ran = service.tested(&python, &folder, &["tests/unit", "tests/integration"]);
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(said(&ran).contains("passed") && !said(&ran).contains("skipped"), "{}", said(&ran));
}

/// No machine is quiet enough to insist on 200 ms: the service that is quick gets a minute, the one that sleeps too long
/// for the real limit does so on every machine.
#[test]
fn numbers_are_measured() {
    let Some(python) = python(&["pytest", "httpx"]) else { return };
    let (world, folder) = prepared();
    let limits = folder.join("tests/performance/test_limits.py");
    let stated = std::fs::read_to_string(&limits).expect("the limits can be read");
    let patient = stated.replace("limit_ms=200", "limit_ms=60_000");
    assert_ne!(patient, stated);
    std::fs::write(&limits, patient).expect("the limits can be written");
    let service = Service::start(&python, &source().join("service.py"));
    let ran = service.tested(&python, &folder, &["tests/performance"]);
    assert!(ran.status.success(), "{}", said(&ran));
    std::fs::write(&limits, stated).expect("the limits can be written");
    let text = std::fs::read_to_string(source().join("service.py")).expect("the reference can be read");
    let slow = text.replace("        length = int(", "        __import__(\"time\").sleep(0.3)\n        length = int(");
    assert_ne!(slow, text);
    let path = world.write("slow.py", slow);
    let service = Service::start(&python, &path);
    let ran = service.tested(&python, &folder, &["tests/performance", "-k", "nfr_1"]);
    assert!(said(&ran).contains("the limit 200 ms"), "{}", said(&ran));
}
