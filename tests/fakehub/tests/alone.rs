//! fakehub by itself: each behaviour of GitHub that a client must respect, over real HTTP and real git.

mod alone {
    mod access;
    mod merging;
    mod objects;
    mod people;
    mod pulls;
    mod pushes;
    mod refs;
    mod signing;
    pub mod world;
}
