//! The GitHub App that a server speaks as: what it asks for (`app-manifest/manifest.json`), the file with its secrets, and
//! whether all of it still fits.

pub mod doctor;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::fault::Fault;
use crate::forge::github::{NewApp, Registry};

/// The names of the two files, in the order in which they are written: the second one makes the App.
pub const FILES: [&str; 2] = ["app.pem", "app.env"];

const MANIFEST: &str = include_str!("../../../app-manifest/manifest.json");
const HEAD: &str = include_str!("../../../templates/app/app.env");

/// What stands in the manifest for the server's own address.
const PLACE: &str = "https://vso.example.org";

/// Most letters of an App's name on GitHub.
const NAME: usize = 34;

/// What an App may do, by name: `contents` to `write`, ….
#[must_use]
pub fn permissions() -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = manifest();
    let all = all["default_permissions"].as_object().into_iter().flatten();
    all.map(|(name, level)| (name.clone(), text(level))).collect()
}

/// What an App is told of, beside its installations, of which it is told anyway.
#[must_use]
pub fn events() -> Vec<String> {
    let all = manifest();
    all["default_events"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn manifest() -> Value {
    serde_json::from_str(MANIFEST).expect("the built-in manifest is JSON, which a test reads")
}

/// The manifest for a server: `url` is its address (`https://vso.example.org`, without a path). Without a name, one is made
/// of the organisation or the address. Where the browser comes back to with the code is whoever's who waits there.
///
/// # Errors
/// When the address or the name can't be one (exit 2).
pub fn manifest_for(url: &str, name: Option<&str>, organization: Option<&str>) -> Result<Value, Fault> {
    let origin = origin(url)?;
    let name = match name {
        Some(name) => named(name)?,
        None => {
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            let whose = organization.unwrap_or_else(|| host.trim_start_matches("vso."));
            let plain: String = whose.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            format!("vso-{plain}").chars().take(NAME).collect::<String>().trim_end_matches('-').to_owned()
        }
    };
    let mut manifest = manifest();
    fill(&mut manifest, &origin);
    manifest["name"] = name.into();
    Ok(manifest)
}

/// Puts the server's address into every text that begins with the place for it.
fn fill(value: &mut Value, origin: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(PLACE) {
                *text = format!("{origin}{rest}");
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| fill(one, origin)),
        Value::Object(all) => all.iter_mut().for_each(|(_, one)| fill(one, origin)),
        _ => {}
    }
}

/// `https://host[:port]`; `http` on this machine only, where a stand-in for GitHub can be.
fn origin(url: &str) -> Result<String, Fault> {
    let text = url.trim().trim_end_matches('/').to_ascii_lowercase();
    let (scheme, host) = text.split_once("://").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    let is_here = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    if is_host && (scheme == "https" || scheme == "http" && is_here) {
        return Ok(text);
    }
    Err(Fault::usage(format!("`{url}` can't be the server's address"))
        .hint("such as https://vso.example.org: https, a name, and no path"))
}

fn named(name: &str) -> Result<String, Fault> {
    let name = name.trim();
    let is_short = (1..=NAME).contains(&name.chars().count());
    if is_short && !name.chars().any(char::is_control) && name.chars().any(|c| c.is_ascii_alphanumeric()) {
        return Ok(name.to_owned());
    }
    Err(Fault::usage(format!("an App's name has 1 to {NAME} letters"))
        .hint("nobody else's App may have it on that GitHub"))
}

/// The text of `app.env`. `key` is where the private key will be.
///
/// # Errors
/// When the path has letters that such a file can't hold (exit 2).
pub fn environment(app: &NewApp, registry: &Registry, key: &Path) -> Result<String, Fault> {
    let key = key.to_str().filter(|text| is_quiet(text)).ok_or_else(unquiet)?;
    let mut rows = vec![
        ("VSO_APP_ID", app.id.to_string()),
        ("VSO_APP_PRIVATE_KEY_FILE", key.to_owned()),
        ("VSO_WEBHOOK_SECRET", app.webhook_secret().to_owned()),
        ("VSO_CLIENT_ID", app.client_id.clone()),
        ("VSO_CLIENT_SECRET", app.client_secret().to_owned()),
    ];
    rows.extend(registry.variables());
    let lines: String = rows.into_iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    Ok(format!("{}{lines}", HEAD.replace("{{ slug }}", &app.slug)))
}

/// Whether systemd, docker and a shell all read a value as it stands.
///
/// # Errors
/// When they do not (exit 2).
pub fn check_folder(folder: &Path) -> Result<(), Fault> {
    folder.to_str().filter(|text| is_quiet(text)).map(|_| ()).ok_or_else(unquiet)
}

fn is_quiet(text: &str) -> bool {
    let is_sign = |byte: u8| b"/\\:._-+@~,=%".contains(&byte) && (cfg!(windows) || byte != b'\\');
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte > 127 || is_sign(byte))
}

fn unquiet() -> Fault {
    Fault::usage("the folder's path has spaces or signs that a file of variables can't hold")
        .hint("name another folder")
}

/// The variables of an `app.env`: `NAME=VALUE` lines, `#` for remarks.
#[must_use]
pub fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.trim_start_matches("export ").split_once('='));
    let plain = |value: &str| {
        let value = value.trim();
        let inside = |sign: char| value.strip_prefix(sign).and_then(|rest| rest.strip_suffix(sign));
        inside('"').or_else(|| inside('\'')).unwrap_or(value).to_owned()
    };
    pairs.map(|(name, value)| (name.trim().to_owned(), plain(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_filled_for_its_server() {
        let filled = manifest_for("https://Vso.Example.com/", None, None).unwrap();
        assert_eq!(filled["url"], "https://vso.example.com");
        assert_eq!(filled["hook_attributes"]["url"], "https://vso.example.com/webhooks");
        assert_eq!(filled["callback_urls"][0], "https://vso.example.com/sign-in/back");
        assert_eq!(filled["name"], "vso-example-com");
        assert!(!filled.to_string().contains(PLACE) && filled["public"] == false);
        let name = |name, organization| {
            let filled = manifest_for("https://a.example", name, organization)?;
            Ok::<_, Fault>(filled["name"].as_str().unwrap().to_owned())
        };
        assert_eq!(name(None, Some("acme")).unwrap(), "vso-acme");
        let long = "a-".repeat(30);
        assert_eq!(name(None, Some(&long)).unwrap().len(), 33);
        assert_eq!(name(Some(" Our vso "), None).unwrap(), "Our vso");
        for wrong in ["", "a\nb", "...", &"x".repeat(35)] {
            assert_eq!(name(Some(wrong), None).unwrap_err().kind().exit_code(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn a_server_is_reached_by_https() {
        for good in ["https://a.example", "https://a.example:8443/", "http://127.0.0.1:4711", "http://[::1]:1"] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for wrong in
            ["http://a.example", "a.example", "https://a.example/path", "https://u@a", "https://", "", "https://a b"]
        {
            assert_eq!(origin(wrong).unwrap_err().kind().exit_code(), 2, "{wrong}");
        }
    }

    #[test]
    fn a_file_of_variables_is_read_as_the_others_read_it() {
        let read = variables("# x=1\nA=b=c\n  B = 'd e' \nexport C=\"f\"\nnonsense\n");
        let expected = [("A", "b=c"), ("B", "d e"), ("C", "f")];
        assert_eq!(read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
        assert!(is_quiet("/etc/vso/app.pem") && is_quiet("/home/\u{e4}"));
        for loud in ["/a b", "/a\nb", "/$(x)", "/a'b", "/a\"b", "/a#b", "/a;b", "/a`b"] {
            assert!(!is_quiet(loud), "{loud}");
        }
    }
}
