//! A stateful GitHub over real bare repositories, on loopback, for tests and for trying vso without an account.

fn main() {}
