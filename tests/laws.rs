//! The laws of the design as properties, over generated input and over mutated real documents.

mod laws {
    mod document;
}
