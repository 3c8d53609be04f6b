//! Use cases: from a master specification to slices on disk, and (later) back.
