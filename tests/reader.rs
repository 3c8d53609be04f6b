//! The reader held against real documents with hand-made labels, against the format that it must read perfectly, and
//! against documents that are broken on purpose.
#![allow(clippy::unwrap_used, reason = "a test that panics says so")]

mod reader {
    mod hostile;
    mod items;
    mod score;
    mod seeds;
    mod tidy;
    mod yardstick;
}
mod world;
