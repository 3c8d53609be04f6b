//! Generated files under the tools that they are made for: the real pytest, terraform, shellcheck and modal.
//!
//! What a tool is missing for is said on stderr and left out; under `CI`, or where `tests/run` names a Python, it fails.

mod world;

mod generated {
    mod bench;
    mod deploy;
    mod hostile;
    mod mutants;
    mod reference;
    mod suites;
}
