//! Git repositories. The only room that uses git2.
