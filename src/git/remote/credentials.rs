//! What the git binary signs in with on one server, handed over so that nobody else sees it.
//!
//! Not in arguments, which every process can read, and in no file: settings and the token go through the environment of
//! the one child. There they stand before what the person and `actions/checkout` have set up for the same server.

use std::fmt;
use std::process::Command;

use super::super::Repo;

/// Name and token for the addresses of one server.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The beginning of the addresses, with `/` at the end: `https://github.com/`.
    pub url_prefix: String,
    /// The name; GitHub takes `x-access-token` for every kind of token.
    pub user: String,
    /// The token.
    pub token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("url_prefix", &self.url_prefix).finish_non_exhaustive()
    }
}

/// The variables that carry them to the helper.
const USER: &str = "VSO_GIT_USER";
const TOKEN: &str = "VSO_GIT_TOKEN";

/// Answers git's question and nothing else. git runs what begins with `!` by its shell; the text is constant.
const HELPER: &str =
    r#"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$VSO_GIT_USER" "$VSO_GIT_TOKEN"; }; f"#;

impl Credentials {
    /// Gives them to a child.
    pub(super) fn hand_to(&self, command: &mut Command) {
        // Somebody may hand settings over in the same way; ours come after theirs.
        let given =
            std::env::var("GIT_CONFIG_COUNT").ok().and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0);
        let settings = self.settings();
        for (number, (key, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{}", given + number), key);
            command.env(format!("GIT_CONFIG_VALUE_{}", given + number), value);
        }
        command.env("GIT_CONFIG_COUNT", (given + settings.len()).to_string());
        command.env(USER, &self.user).env(TOKEN, &self.token);
    }

    /// Empty values forget what was set before: other helpers would be asked first and would be told to store the
    /// token, and a header that is sent along already would make two of one.
    fn settings(&self) -> [(String, &'static str); 3] {
        let url = &self.url_prefix;
        [
            (format!("credential.{url}.helper"), ""),
            (format!("credential.{url}.helper"), HELPER),
            (format!("http.{url}.extraheader"), ""),
        ]
    }
}

impl Repo {
    /// What git signs in with from now on, where a remote is on that server.
    pub fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = Some(credentials);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::Sample;
    use std::io::Write;
    use std::process::Stdio;

    fn credentials() -> Credentials {
        Credentials {
            url_prefix: "https://git.example/".into(),
            user: "x-access-token".into(),
            token: "ghs_a'b\"$(c)".into(),
        }
    }

    /// What git would sign in with at an address.
    fn filled(sample: &Sample, url: &str, credentials: Option<&Credentials>) -> String {
        let mut command = Command::new("git");
        command.args(["credential", "fill"]).current_dir(sample.path(""));
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("GIT_CONFIG_GLOBAL", "/dev/null");
        if let Some(credentials) = credentials {
            credentials.hand_to(&mut command);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("url={url}\n\n").as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn git_signs_in_on_that_server_only_and_asks_nobody_else() {
        let sample = Sample::new();
        let mark = sample.path("mark");
        sample.git(&["config", "credential.helper", &format!("!touch {}; true", mark.display())]);
        let ours = filled(&sample, "https://git.example/o/n.git", Some(&credentials()));
        assert!(ours.contains("username=x-access-token\npassword=ghs_a'b\"$(c)\n"), "{ours}");
        assert!(!mark.exists(), "another helper was asked");
        let theirs = filled(&sample, "https://elsewhere.example/o/n.git", Some(&credentials()));
        assert!(!theirs.contains("ghs_") && mark.exists(), "{theirs}");
        for close in ["https://git.example.evil/o", "http://git.example/o", "https://git.example:444/o"] {
            assert!(!filled(&sample, close, Some(&credentials())).contains("ghs_"), "{close}");
        }
    }

    #[test]
    fn a_persisted_header_is_not_sent_along() {
        let sample = Sample::new();
        sample.git(&["config", "http.https://git.example/.extraheader", "AUTHORIZATION: basic old"]);
        let asked = |with: bool| {
            let mut command = Command::new("git");
            let url = "https://git.example/o/n.git";
            command.args(["config", "--get-urlmatch", "http.extraheader", url]).current_dir(sample.path(""));
            if with {
                credentials().hand_to(&mut command);
            }
            String::from_utf8(command.output().unwrap().stdout).unwrap()
        };
        assert_eq!((asked(false).trim(), asked(true).trim()), ("AUTHORIZATION: basic old", ""));
    }

    #[test]
    fn nothing_is_in_arguments_or_shown() {
        let mut command = Command::new("git");
        credentials().hand_to(&mut command);
        assert_eq!(command.get_args().count(), 0);
        assert!(!format!("{:?}", credentials()).contains("ghs_"));
        assert!(credentials().settings().iter().all(|(key, value)| !key.contains("ghs_") && !value.contains("ghs_")));
    }
}
