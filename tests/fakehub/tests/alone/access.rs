//! Tokens, Apps and permissions.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::world::{Caller, World};

/// An App installed on `ada/app`.
struct App {
    id: u64,
    client: String,
    pem: String,
    installation: u64,
}

async fn app(world: &World, permissions: Value) -> App {
    let asked = json!({ "slug": "cutter", "owner": "ada", "permissions": permissions });
    let made = world.control("POST", "apps", asked).await.expect(201);
    let id = made["id"].as_u64().expect("an id");
    let asked = json!({ "account": "ada", "repos": ["ada/app"] });
    let installed = world.control("POST", &format!("apps/{id}/installations"), asked).await.expect(201);
    let text = |field: &str| made[field].as_str().expect("a text").to_owned();
    let installation = installed["id"].as_u64().expect("an id");
    App { id, client: text("client_id"), pem: text("pem"), installation }
}

impl App {
    fn jwt(&self, claims: &Value) -> String {
        assert!(self.pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "PKCS#1, as GitHub gives it");
        let key = EncodingKey::from_rsa_pem(self.pem.as_bytes()).expect("a key");
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key).expect("a JWT")
    }

    async fn call<'a>(&self, world: &'a World) -> Caller<'a> {
        let now =
            world.control("GET", "clock", Value::Null).await.expect(200)["seconds"].as_f64().expect("a time") as i64;
        world.with(&self.jwt(&json!({ "iat": now - 60, "exp": now + 540, "iss": self.id })))
    }

    /// An installation token, asked for with a body.
    async fn token(&self, world: &World, asked: Value) -> Value {
        let path = format!("/app/installations/{}/access_tokens", self.installation);
        self.call(world).await.post(&path, asked).await.expect(201)
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect("a text")
}

#[tokio::test]
async fn a_jwt_has_its_times_its_issuer_and_its_key() {
    let world = World::new().await;
    let app = app(&world, json!({ "contents": "write" })).await;
    let now = world.control("GET", "clock", Value::Null).await.expect(200)["seconds"].as_f64().expect("a time") as i64;
    let ask = async |claims: Value| world.with(&app.jwt(&claims)).get("/app").await;
    let me = ask(json!({ "iat": now - 60, "exp": now + 540, "iss": app.id.to_string() })).await.expect(200);
    assert_eq!((&me["slug"], &me["id"]), (&json!("cutter"), &json!(app.id)));
    ask(json!({ "iat": now - 60, "exp": now + 540, "iss": app.client })).await.expect(200);
    ask(json!({ "iat": now, "exp": now + 600, "iss": app.id })).await.expect(200);
    let wrong = [
        (json!({ "iat": now - 60, "exp": now + 660, "iss": app.id }), "is too far in the future"),
        (json!({ "iat": now - 120, "exp": now - 10, "iss": app.id }), "'Expiration time' claim"),
        (json!({ "iat": now + 120, "exp": now + 500, "iss": app.id }), "'Issued at' claim"),
        (json!({ "exp": now + 500, "iss": app.id }), "'Issued at' claim"),
        (json!({ "iat": now, "exp": now + 500 }), "'Issuer' claim"),
    ];
    for (claims, said) in wrong {
        let refused = ask(claims.clone()).await.refused(401);
        assert!(refused.contains(said), "{claims}: {refused}");
    }
    ask(json!({ "iat": now, "exp": now + 500, "iss": app.id + 1 })).await.refused(404);
    let stranger = super::access::app(&world, json!({})).await;
    let forged = stranger.jwt(&json!({ "iat": now, "exp": now + 500, "iss": app.id }));
    assert!(world.with(&forged).get("/app").await.refused(401).contains("could not be decoded"));
    let path = format!("/app/installations/{}/access_tokens", app.installation);
    stranger.call(&world).await.post(&path, json!({})).await.refused(404);
}

#[tokio::test]
async fn installation_tokens_are_long_and_live_an_hour() {
    let world = World::new().await;
    let app = app(&world, json!({ "contents": "write", "pull_requests": "write" })).await;
    let made = app.token(&world, json!({})).await;
    let token = text(&made, "token");
    assert!(token.starts_with(&format!("ghs_{}_eyJ", app.id)) && token.matches('.').count() == 2, "{token}");
    assert!((450..=600).contains(&token.len()), "{}", token.len());
    let listed = world.with(token).get("/installation/repositories").await.expect(200);
    assert_eq!((&listed["total_count"], &listed["repositories"][0]["full_name"]), (&json!(1), &json!("ada/app")));
    let found = app.call(&world).await.get("/repos/ada/app/installation").await.expect(200);
    assert_eq!(found["id"], app.installation);
    world.control("POST", "clock", json!({ "advance": 3_590 })).await.expect(200);
    world.with(token).get("/installation/repositories").await.expect(200);
    world.control("POST", "clock", json!({ "advance": 20 })).await.expect(200);
    assert_eq!(world.with(token).get("/installation/repositories").await.refused(401), "Bad credentials");
}

#[tokio::test]
async fn installation_tokens_are_narrowed() {
    let world = World::new().await;
    let app = app(&world, json!({ "contents": "write", "pull_requests": "write" })).await;
    world.control("POST", "repos", json!({ "owner": "ada", "name": "other", "private": true })).await.expect(201);
    let made = app.token(&world, json!({ "repositories": ["app"], "permissions": { "contents": "read" } })).await;
    assert_eq!(made["permissions"], json!({ "contents": "read", "metadata": "read" }));
    let caller = world.with(text(&made, "token"));
    caller.get("/repos/ada/app").await.expect(200);
    caller.get("/repos/ada/other").await.refused(404);
    caller.post("/repos/ada/app/git/blobs", json!({ "content": "x" })).await.refused(403);
    let path = format!("/app/installations/{}/access_tokens", app.installation);
    let jwt = app.call(&world).await;
    jwt.post(&path, json!({ "repositories": ["other"] })).await.refused(422);
    jwt.post(&path, json!({ "permissions": { "administration": "write" } })).await.refused(422);
    jwt.get("/repos/ada/other/installation").await.refused(404);
    let full = app.token(&world, json!({})).await;
    let blob = world.with(text(&full, "token")).post("/repos/ada/app/git/blobs", json!({ "content": "x" })).await;
    blob.expect(201);
}

#[tokio::test]
async fn an_app_acts_as_its_bot() {
    let world = World::new().await;
    let app = app(&world, json!({ "contents": "write", "pull_requests": "write" })).await;
    let made = app.token(&world, json!({})).await;
    let token = text(&made, "token").to_owned();
    world.clone("ada/app", &token, "a").branch("one", "one", "x\n");
    let caller = world.with(&token);
    let number = caller.open("one").await;
    let pull = caller.pull(number).await;
    assert_eq!((&pull["user"]["login"], &pull["user"]["type"]), (&json!("cutter[bot]"), &json!("Bot")));
    caller.get("/user").await.refused(403);
    caller.post("/repos/ada/app/issues", json!({ "title": "T" })).await.expect(201);
    let jwt = app.call(&world).await;
    jwt.get("/repos/ada/app").await.refused(401);
}

#[tokio::test]
async fn permissions_are_told_by_role() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.control("POST", "users", json!({ "login": "eve" })).await.expect(201);
    for (login, permission) in [("tom", "triage"), ("mia", "maintain")] {
        let path = format!("repos/ada/app/collaborators/{login}");
        world.control("PUT", &path, json!({ "permission": permission })).await.expect(204);
    }
    let wanted = [
        ("ada", "admin", "admin"),
        ("bob", "write", "write"),
        ("mia", "write", "maintain"),
        ("tom", "read", "triage"),
        ("eve", "read", "read"),
    ];
    for (login, permission, role) in wanted {
        let said = ada.get(&format!("/repos/ada/app/collaborators/{login}/permission")).await.expect(200);
        assert_eq!((text(&said, "permission"), text(&said, "role_name")), (permission, role), "{login}");
        assert!(said["user"]["id"].is_u64());
    }
    ada.get("/repos/ada/app/collaborators/none/permission").await.refused(404);
    assert_eq!(ada.get("/user").await.expect(200)["login"], "ada");
}

#[tokio::test]
async fn a_private_repository_is_not_there_for_others() {
    let world = World::new().await;
    world.control("POST", "repos", json!({ "owner": "ada", "name": "secret", "private": true })).await.expect(201);
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    ada.get("/repos/ada/secret").await.expect(200);
    for caller in [bob, world.nobody(), world.action().await] {
        assert_eq!(caller.get("/repos/ada/secret").await.refused(404), "Not Found");
    }
    world.with("ghp_wrong").get("/repos/ada/app").await.refused(401);
    world.nobody().get("/repos/ada/app").await.expect(200);
    world.nobody().post("/repos/ada/app/issues", json!({ "title": "T" })).await.refused(401);
    ada.get("/no/such/path").await.refused(404);
}

#[tokio::test]
async fn an_old_name_leads_to_the_new_one() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("one", "one", "x\n");
    ada.open("one").await;
    let id = ada.get("/repos/ada/app").await.expect(200)["id"].clone();
    world.control("POST", "repos/ada/app/rename", json!({ "name": "tool" })).await.expect(204);
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.expect("a client");
    let by = format!("Bearer {}", ada.token);
    let old = format!("{}/api/v3/repos/ada/app/pulls", world.url);
    let wanted = format!("{}/api/v3/repositories/{id}/pulls", world.url);
    let read = client.get(format!("{old}?state=all")).header("authorization", &by).send().await.expect("an answer");
    assert_eq!(
        (read.status().as_u16(), read.headers()["location"].to_str().ok()),
        (301, Some(format!("{wanted}?state=all").as_str()))
    );
    let write = client.post(&old).header("authorization", &by).json(&json!({})).send().await.expect("an answer");
    assert_eq!((write.status().as_u16(), write.headers()["location"].to_str().ok()), (307, Some(wanted.as_str())));
    let found = ada.get(&format!("/repositories/{id}/pulls")).await.expect(200);
    assert_eq!(found[0]["head"]["repo"]["full_name"], "ada/tool");
    clone.commit("two", "x\n", "two");
    clone.push("one");
    let pull = ada.get("/repos/ada/tool/pulls/1").await.expect(200);
    assert_eq!(pull["head"]["sha"], clone.git(&["rev-parse", "HEAD"]));
}
