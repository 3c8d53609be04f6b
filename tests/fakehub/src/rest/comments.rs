//! To come.

use crate::rest::Route;

pub const ROUTES: &[Route] = &[];
