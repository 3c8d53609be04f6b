//! Users, and what the API says of itself.

use serde_json::json;

use crate::access::{How, Need};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::Route;
use crate::shape::user;
use crate::state::State;

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/user", Need::Token, me),
    Route::new("GET", "/users/{username}", Need::Nothing, one),
    Route::new("GET", "/meta", Need::Nothing, meta),
];

fn me(state: &mut State, call: &Call) -> Reply {
    if !matches!(call.actor.how, How::Personal | How::User(_)) {
        return Err(Refusal::new(403, "Resource not accessible by integration"));
    }
    Ok(Answer::ok(user::public(state, &call.actor.login)))
}

fn one(state: &mut State, call: &Call) -> Reply {
    let login = call.param("username");
    let known = state.users.get(&login.to_lowercase()).ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(user::public(state, &known.login)))
}

fn meta(state: &mut State, _call: &Call) -> Reply {
    let mut shape = json!({ "verifiable_password_authentication": state.enterprise });
    if state.enterprise {
        shape["installed_version"] = "3.18.0".into();
    }
    Ok(Answer::ok(shape))
}
