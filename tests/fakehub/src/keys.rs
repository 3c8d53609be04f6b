//! Private keys of Apps, as GitHub gives them: RSA with 2,048 bits, PKCS#1 in PEM.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::call::Refusal;

/// A new pair: the public key (PKCS#1, DER), the private one (PEM).
pub fn pair() -> Result<(Vec<u8>, String), Refusal> {
    let failed = |_| Refusal::new(500, "no key could be made");
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().map_err(failed)?;
    let pem = pem(pkcs1(pkcs8.as_ref()).ok_or_else(|| Refusal::new(500, "the key has an unknown form"))?);
    Ok((key.public_key().as_ref().to_vec(), pem))
}

/// The RSA key inside a PKCS#8 one: version, algorithm, then an octet string that is PKCS#1.
fn pkcs1(pkcs8: &[u8]) -> Option<&[u8]> {
    let (_, inside) = element(pkcs8)?;
    let (_, _version) = element(inside)?;
    let after = skip(inside)?;
    let after = skip(after)?;
    let (tag, key) = element(after)?;
    (tag == 4).then_some(key)
}

/// The tag and the content of the first DER element.
fn element(der: &[u8]) -> Option<(u8, &[u8])> {
    let (start, length) = measure(der)?;
    Some((*der.first()?, der.get(start..start + length)?))
}

/// What follows the first DER element.
fn skip(der: &[u8]) -> Option<&[u8]> {
    let (start, length) = measure(der)?;
    der.get(start + length..)
}

/// Where the first element's content starts and how long it is.
fn measure(der: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*der.get(1)?);
    if first < 128 {
        return Some((2, first));
    }
    let digits = der.get(2..2 + (first & 127))?;
    Some((2 + digits.len(), digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))))
}

fn pem(der: &[u8]) -> String {
    let code = STANDARD.encode(der);
    let lines: String = code.as_bytes().chunks(64).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect();
    let what = "RSA PRIVATE KEY";
    format!("-----BEGIN {what}-----\n{lines}-----END {what}-----\n")
}
