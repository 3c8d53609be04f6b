//! A person with a browser, as far as a demonstration needs one: opens the link of vso's own server, keeps the cookie,
//! reads, and sends forms.

use serde_json::Value;

use super::Wire;
use crate::fault::Fault;

/// Somebody who has opened the link of a server.
#[derive(Debug)]
pub struct Visitor {
    wire: Wire,
    base: String,
    cookie: String,
    csrf: String,
}

impl Visitor {
    /// Opens a link that lets one browser in.
    ///
    /// # Errors
    /// When the server does not answer, or the link was used before (exit 3).
    pub fn enter(link: &str) -> Result<Self, Fault> {
        let failed = || Fault::unfinished("the server's link can't be opened");
        let wire = Wire::open().map_err(|error| failed().hint(error.to_string()))?;
        let (base, _) = link.split_once("/enter").ok_or_else(failed)?;
        let entered = wire.send(wire.http.get(link)).map_err(|error| failed().because(&error))?;
        let cookie = entered.cookie.ok_or_else(failed)?;
        let mut visitor = Self { wire, base: base.to_owned(), cookie, csrf: String::new() };
        visitor.csrf = visitor.read("/session")?["csrf"].as_str().ok_or_else(failed)?.to_owned();
        Ok(visitor)
    }

    /// Reads what the server's API says.
    ///
    /// # Errors
    /// When it does not answer, or says no (exit 3).
    pub fn read(&self, path: &str) -> Result<Value, Fault> {
        self.send(path, self.wire.http.get(format!("{}{path}", self.base)))
    }

    /// Asks the API to do something, with a JSON body.
    ///
    /// # Errors
    /// As [`Visitor::read`].
    pub fn ask(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.send(path, self.wire.http.post(format!("{}{path}", self.base)).json(body))
    }

    /// Sends a page's form, as its button does, and follows to the page that says what came of it.
    ///
    /// # Errors
    /// As [`Visitor::read`].
    pub fn press(&self, path: &str, fields: &[(&str, &str)]) -> Result<(), Fault> {
        let fields: Vec<(&str, &str)> = [("csrf", self.csrf.as_str())].iter().chain(fields).copied().collect();
        self.send(path, self.wire.http.post(format!("{}{path}", self.base)).form(&fields)).map(|_| ())
    }

    fn send(&self, path: &str, request: reqwest::RequestBuilder) -> Result<Value, Fault> {
        let failed = || Fault::unfinished(format!("the server did not answer {path}"));
        let request = request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf);
        let answer = self.wire.send(request).map_err(|error| failed().because(&error))?;
        let said = answer.json();
        if answer.is_good {
            return Ok(said);
        }
        let title = said["title"].as_str().unwrap_or("nothing more");
        Err(failed().hint(format!("it answered {}: {title}", answer.status)))
    }
}
