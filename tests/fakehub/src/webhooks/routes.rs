//! The delivery log as its App sees it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::access::{How, Need};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::{Route, link_header};
use crate::state::{App, State};

use super::delivery::Delivery;

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/app/hook/config", Need::Jwt, config),
    Route::new("PATCH", "/app/hook/config", Need::Jwt, configure),
    Route::new("GET", "/app/hook/deliveries", Need::Jwt, list),
    Route::new("GET", "/app/hook/deliveries/{id}", Need::Jwt, get),
    Route::new("POST", "/app/hook/deliveries/{id}/attempts", Need::Jwt, attempt),
];

fn of<'a>(state: &'a mut State, call: &Call) -> Result<&'a mut App, Refusal> {
    let How::Jwt(app) = call.actor.how else { return Err(Refusal::not_found()) };
    state.apps.get_mut(&app).ok_or_else(Refusal::not_found)
}

/// `webhook-config`: the secret itself is never shown again.
fn shown(app: &App) -> Value {
    let mut shown = json!({ "content_type": app.hook_content, "insecure_ssl": "0" });
    if !app.webhook_secret.is_empty() {
        shown["secret"] = "********".into();
    }
    if let Some(url) = &app.hook_url {
        shown["url"] = url.as_str().into();
    }
    shown
}

fn config(state: &mut State, call: &Call) -> Reply {
    Ok(Answer::ok(shown(of(state, call)?)))
}

fn configure(state: &mut State, call: &Call) -> Reply {
    let (url, content, secret) = (call.text("url")?, call.text("content_type")?, call.text("secret")?);
    if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(Refusal::invalid("Hook", "custom", "url", "url is not a valid URL"));
    }
    if content.is_some_and(|content| !matches!(content, "json" | "form")) {
        return Err(Refusal::invalid("Hook", "custom", "content_type", "content_type must be json or form"));
    }
    let app = of(state, call)?;
    app.hook_url = url.map(str::to_owned).or(app.hook_url.take());
    app.hook_content = content.unwrap_or(&app.hook_content).to_owned();
    app.webhook_secret = secret.unwrap_or(&app.webhook_secret).to_owned();
    Ok(Answer::ok(shown(app)))
}

/// Deliveries of the App that calls, newest first, as long as they are kept: 3 days, 7 on Enterprise Server.
fn kept<'a>(state: &'a State, call: &Call) -> impl Iterator<Item = &'a Delivery> {
    let app = if let How::Jwt(app) = call.actor.how { app } else { 0 };
    let days = if state.enterprise { 7 } else { 3 };
    let oldest = state.clock.now().checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
    state.webhooks.log.iter().rev().filter(move |delivery| delivery.app == app && delivery.at >= oldest)
}

fn list(state: &mut State, call: &Call) -> Reply {
    let size = call.query("per_page").and_then(|size| size.parse().ok()).unwrap_or(30_usize).clamp(1, 100);
    let status = call.query("status");
    if status.is_some_and(|status| !matches!(status, "success" | "failure")) {
        return Err(Refusal::new(422, "Invalid request.\n\nstatus is not a member of [success, failure]."));
    }
    let before = match call.query("cursor") {
        None => u64::MAX,
        Some(cursor) => {
            let id = cursor.strip_prefix("v1_").and_then(|id| id.parse().ok());
            id.ok_or_else(|| Refusal::new(422, "Invalid request.\n\ncursor is not a cursor."))?
        }
    };
    let mut found = kept(state, call)
        .filter(|delivery| delivery.id < before)
        .filter(|delivery| status.is_none_or(|status| delivery.is(status)));
    let some: Vec<&Delivery> = found.by_ref().take(size).collect();
    let has_more = found.next().is_some();
    let link = some.last().filter(|_| has_more).map(|last| {
        let status = status.map_or(String::new(), |status| format!("&status={status}"));
        let place = format!("{}/api/v3{}", state.origin, call.path);
        format!("<{place}?per_page={size}&cursor=v1_{}{status}>; rel=\"next\"", last.id)
    });
    let items: Vec<Value> = some.iter().map(|delivery| delivery.item()).collect();
    Ok(link_header(Answer::ok(items.into()), link))
}

fn find<'a>(state: &'a State, call: &Call) -> Result<&'a Delivery, Refusal> {
    let id = call.number("id")?;
    kept(state, call).find(|delivery| delivery.id == id).ok_or_else(Refusal::not_found)
}

fn get(state: &mut State, call: &Call) -> Reply {
    Ok(Answer::ok(find(state, call)?.full()))
}

/// Sends it again: a delivery of its own in the log, with the GUID of the first.
fn attempt(state: &mut State, call: &Call) -> Reply {
    let again = find(state, call)?.clone();
    let again = Delivery { id: state.new_id(), at: state.clock.now(), redelivery: true, outcome: None, ..again };
    super::queue(state, again);
    Ok(Answer::new(202, json!({})))
}
