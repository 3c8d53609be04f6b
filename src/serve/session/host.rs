//! Under which names the server is reached, so that a page of another name (DNS rebinding) or another origin (a forged
//! form) gets nothing.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header};

use crate::fault::Fault;

/// The names and origins that are the server's own.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// `scheme://host[:port]`, lower case, the one to print first.
    origins: Vec<String>,
    /// The port on loopback; none behind https.
    port: Option<u16>,
}

impl Hosts {
    /// Loopback names with the port, or the public address alone.
    ///
    /// # Errors
    /// When the public address is none (exit 2).
    pub fn new(address: SocketAddr, public: Option<&str>) -> Result<Self, Fault> {
        let port = address.port();
        let Some(public) = public else {
            let names = ["127.0.0.1", "localhost", "[::1]"];
            return Ok(Self { origins: names.map(|name| format!("http://{name}:{port}")).into(), port: Some(port) });
        };
        let origin = public.trim_end_matches('/').to_ascii_lowercase();
        let host = origin.strip_prefix("https://").unwrap_or_default();
        let is_name =
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        if !is_name {
            return Err(Fault::usage(format!("`{public}` is no public address"))
                .hint("such as https://vso.example.org: https, a name, and no path"));
        }
        Ok(Self { origins: vec![origin], port: None })
    }

    /// The address to print: `http://127.0.0.1:PORT`, or the public one.
    #[must_use]
    pub fn url(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// The port on loopback; none behind https.
    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether a request names one of them as its host.
    pub(super) fn is_own_host(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else { return false };
        let Ok(host) = host.to_str() else { return false };
        self.origins
            .iter()
            .any(|origin| origin.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host)))
    }

    /// Whether a request comes from a page of the server's own, as far as the browser says.
    pub(super) fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
        let origin = said("origin").is_none_or(|origin| self.origins.contains(&origin));
        let site = said("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
        origin && site
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn hosts(public: Option<&str>) -> Result<Hosts, Fault> {
        Hosts::new(([127, 0, 0, 1], 4711).into(), public)
    }

    fn check(public: Option<&str>, headers: &[(&'static str, &'static str)], expected: (bool, bool)) {
        let hosts = hosts(public).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        assert_eq!((hosts.is_own_host(&map), hosts.is_own_origin(&map)), expected, "{headers:?}");
    }

    #[test]
    fn only_own_names_and_origins_pass() {
        check(None, &[("host", "127.0.0.1:4711")], (true, true));
        check(None, &[("host", "LOCALHOST:4711"), ("origin", "http://localhost:4711")], (true, true));
        check(None, &[("host", "[::1]:4711"), ("sec-fetch-site", "same-origin")], (true, true));
        check(None, &[("host", "127.0.0.1")], (false, true));
        check(None, &[("host", "127.0.0.1:4711"), ("host", "evil.example")], (false, true));
        check(None, &[("host", "rebound.example:4711"), ("origin", "http://rebound.example:4711")], (false, false));
        check(None, &[("host", "127.0.0.1:4711"), ("origin", "null")], (true, false));
        check(None, &[("host", "127.0.0.1:4711"), ("origin", "http://127.0.0.1:4712")], (true, false));
        check(None, &[("host", "127.0.0.1:4711"), ("sec-fetch-site", "cross-site")], (true, false));
        check(None, &[("host", "127.0.0.1:4711"), ("sec-fetch-site", "same-site")], (true, false));
        check(None, &[], (false, true));
        let public = Some("https://vso.Example.org/");
        check(public, &[("host", "vso.example.org"), ("origin", "https://vso.example.org")], (true, true));
        check(public, &[("host", "127.0.0.1:4711"), ("origin", "http://vso.example.org")], (false, false));
    }

    #[test]
    fn a_public_address_is_https_and_a_name() {
        for wrong in ["http://a.example", "https://", "https://a.example/path", "https://u@a.example", "a.example"] {
            assert_eq!(hosts(Some(wrong)).unwrap_err().kind().exit_code(), 2, "{wrong}");
        }
    }
}
