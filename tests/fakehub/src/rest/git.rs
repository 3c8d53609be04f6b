//! To come.

use crate::rest::Route;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

pub const ROUTES: &[Route] = &[];

/// The hub's signature of a commit object.
pub fn signature(payload: &str) -> String {
    let code = STANDARD.encode([Sha256::digest(payload), Sha256::digest(format!("hub {payload}"))].concat());
    format!("-----BEGIN PGP SIGNATURE-----\n\n{code}\n-----END PGP SIGNATURE-----\n")
}
