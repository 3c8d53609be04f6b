//! A person at the dashboard: a server in a project's repository, the session, forms with their token.

use crate::client::{Answer, Server};
use crate::world::World;
use crate::world::project::Project;

/// A server over a project, and a session.
pub struct Visit {
    pub server: Server,
    pub cookie: String,
}

impl Visit {
    /// A project with everything in step.
    pub fn in_step() -> Self {
        Self::of(Project::in_step())
    }

    /// A project as it is.
    pub fn of(project: Project) -> Self {
        Self::over(project.world)
    }

    pub fn over(world: World) -> Self {
        let server = Server::with(world, &[]);
        let cookie = server.enter();
        Self { server, cookie }
    }

    /// The project, for edits and git.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.server.world.git(arguments)
    }

    /// Edits a file and commits it.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.server.world.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.server.world.write(path, text.replace(from, to));
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "edit"]);
    }

    /// A page of the repository; asked for again, as a browser does, while it says that it is not there yet.
    pub fn get(&self, path: &str) -> Answer {
        loop {
            let answer = self.server.get(&format!("/r/local{path}"), &[("cookie", &self.cookie)]);
            if !answer.headers.contains_key("refresh") {
                return answer;
            }
            assert_eq!(answer.status, 503, "{path}");
        }
    }

    /// A page that is there.
    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.headers["content-type"].starts_with("text/html"));
        answer.body
    }

    /// A view of the API.
    #[track_caller]
    pub fn api(&self, path: &str) -> serde_json::Value {
        let answer = self.server.get(&format!("/api/v1/repositories/local{path}"), &[("cookie", &self.cookie)]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// The session's CSRF token, as a page has it.
    pub fn token(&self) -> String {
        let page = self.server.get("/", &[("cookie", &self.cookie)]).body;
        page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    }

    /// Posts a form with the token, and gives the answer.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token();
        let all = [&[("csrf", token.as_str())], fields].concat();
        let form: Vec<String> = all.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.server.send("POST", &format!("/r/local{path}"), &headers, form.join("&").as_bytes())
    }

    /// Posts a form, follows where it leads, and gives what is said there.
    #[track_caller]
    pub fn does(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields);
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        let to = &answer.headers["location"];
        let page = self.server.get(to, &[("cookie", &self.cookie)]);
        assert_eq!(page.status, 200, "{to}: {}", page.body);
        let said = page.body.split("class=\"said").nth(1).unwrap_or_else(|| panic!("nothing is said: {}", page.body));
        said.split("</div>").next().unwrap().to_owned()
    }
}

/// A value in a form.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A hidden field's value, unescaped as far as our values need it.
pub fn field(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let text = page.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no {name}"));
    text.replace("&#x27;", "'").replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
