//! The real binary in sealed worlds: one file a command, and what people see as snapshots.

mod world;

mod cli {
    mod start;
}
