//! Who a request is from: tokens and Apps' JWTs.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use crate::access::{Actor, How};
use crate::call::Refusal;
use crate::state::State;

/// The seconds that a JWT may live at most, and that clocks may differ.
const LONGEST: f64 = 600.0;
const DRIFT: f64 = 60.0;

/// Who the `Authorization` header names.
pub fn actor(state: &State, headers: &HeaderMap) -> Result<Actor, Refusal> {
    let Some(header) = headers.get("authorization") else { return Ok(Actor::default()) };
    let bad = || Refusal::new(401, "Bad credentials");
    let (scheme, value) = header.to_str().ok().and_then(|header| header.split_once(' ')).ok_or_else(bad)?;
    let value = value.trim();
    match scheme.to_lowercase().as_str() {
        "basic" => of_token(state, &password(value).ok_or_else(bad)?),
        // A JWT has two dots and is no known token: installation tokens hold one too.
        "bearer" | "token" if value.starts_with("eyJ") => of_jwt(state, value),
        "bearer" | "token" => of_token(state, value),
        _ => Err(bad()),
    }
}

/// The password of a Basic header; a token may also stand as the user with an empty or well-known password.
fn password(value: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    let is_token = !password.is_empty() && password != "x-oauth-basic";
    Some(if is_token { password.to_owned() } else { user.to_owned() })
}

fn of_token(state: &State, token: &str) -> Result<Actor, Refusal> {
    let bad = || Refusal::new(401, "Bad credentials");
    let token = state.tokens.get(token).ok_or_else(bad)?;
    if token.expires.is_some_and(|expires| expires <= state.clock.now()) {
        return Err(bad());
    }
    let through = token.grant.as_ref().and_then(|grant| grant.installation);
    if through.and_then(|id| state.installations.get(&id)).is_some_and(|one| one.suspended.is_some()) {
        return Err(Refusal::new(403, "This installation has been suspended"));
    }
    let how = match (&token.grant, token.app) {
        (Some(grant), _) => How::Token(grant.clone()),
        (None, Some(app)) => How::User(app),
        (None, None) => How::Personal,
    };
    Ok(Actor { login: token.login.clone(), how })
}

/// The App that signed a JWT, by GitHub's rules: RS256, `iat` not in the future, `exp` not past and at most ten minutes
/// away, `iss` the app's id or client id.
fn of_jwt(state: &State, jwt: &str) -> Result<Actor, Refusal> {
    let undecodable = || Refusal::new(401, "A JSON web token could not be decoded");
    let claims = jwt.split('.').nth(1).ok_or_else(undecodable)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).map_err(|_| undecodable())?;
    let claims: Value = serde_json::from_slice(&claims).map_err(|_| undecodable())?;
    let issuer = match &claims["iss"] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(Refusal::new(401, "'Issuer' claim ('iss') must be an Integer or a String")),
    };
    let app = state.apps.values().find(|app| app.id.to_string() == issuer || app.client_id == issuer);
    let app = app.ok_or_else(|| Refusal::new(404, "Integration not found"))?;
    let mut rules = Validation::new(Algorithm::RS256);
    // The times are judged below, on the hub's clock.
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    let key = DecodingKey::from_rsa_der(&app.public_key);
    jsonwebtoken::decode::<Value>(jwt, &key, &rules).map_err(|_| undecodable())?;
    let now = state.clock.seconds();
    let Some(issued) = claims["iat"].as_f64() else {
        return Err(Refusal::new(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the \
                                      assertion was issued",
        ));
    };
    let expires = claims["exp"].as_f64().filter(|expires| *expires > now);
    let Some(expires) = expires else {
        return Err(Refusal::new(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future \
                                      time at which the assertion expires",
        ));
    };
    if issued > now + 1.0 {
        return Err(Refusal::new(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the \
                                      assertion was issued",
        ));
    }
    if expires > now + LONGEST + 1.0 || expires - issued > LONGEST + DRIFT + 1.0 {
        return Err(Refusal::new(401, "'Expiration time' claim ('exp') is too far in the future"));
    }
    Ok(Actor { login: format!("{}[bot]", app.slug), how: How::Jwt(app.id) })
}
