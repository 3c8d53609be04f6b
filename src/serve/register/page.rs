//! The two pages: the form, and what is to be said. Every value is escaped; there is no script and no style.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};

use super::Shared;
use crate::fault::Fault;
use crate::serve::problem::Problem;

const FORM: &str = include_str!("../../../templates/page/register/form.html");
const SAID: &str = include_str!("../../../templates/page/register/said.html");

/// The form that leads to GitHub.
pub(super) fn form(shared: &Shared, state: &str) -> Response {
    let organization = shared.organization.as_deref();
    let origin = shared.registry.origin();
    let values = context! {
        manifest => Value::from(Serde(&shared.manifest)),
        text => shared.manifest.to_string(),
        action => shared.registry.page(organization, state),
        host => origin.split_once("://").map_or(origin.as_str(), |(_, host)| host),
        origin => &origin,
        organization,
        folder => &shared.folder,
    };
    rendered(StatusCode::OK, "form.html", FORM, &values)
}

/// A page with a few words, and perhaps a link.
pub(super) fn said(
    status: StatusCode,
    title: &str,
    words: &str,
    hints: &[String],
    link: Option<(&str, &str)>,
) -> Response {
    let values = context! {
        title, words, hints => hints.to_vec(), link => link.map(|(to, _)| to), link_words => link.map(|(_, words)| words),
    };
    rendered(status, "said.html", SAID, &values)
}

fn rendered(status: StatusCode, name: &str, template: &str, values: &Value) -> Response {
    match Environment::new().render_named_str(name, template, values) {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => Problem::from(Fault::unfinished("a page can't be rendered").because(&error)).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_text() {
        let values =
            context! { title => "<b>", words => "\"&", hints => ["<script>"], link => "/\"x", link_words => "<i>" };
        let text = Environment::new().render_named_str("said.html", SAID, &values).unwrap();
        assert!(["<b>", "<script>", "\"x", "<i>"].iter().all(|part| !text.contains(part)), "{text}");
        assert!(text.contains("&lt;script&gt;"), "{text}");
    }
}
