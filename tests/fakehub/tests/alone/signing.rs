//! People who sign in to an App, what their tokens open, and Apps that are made from a manifest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::world::World;

const BACK: &str = "http://127.0.0.1:9/signed-in";
const TOKEN: &str = "/login/oauth/access_token";

struct App {
    id: u64,
    client: String,
    secret: String,
    installation: u64,
}

async fn app(world: &World) -> App {
    let asked = json!({ "slug": "cutter", "owner": "ada", "permissions": { "contents": "read" },
                        "callback_urls": [BACK] });
    let made = world.control("POST", "apps", asked).await.expect(201);
    let id = made["id"].as_u64().expect("an id");
    let asked = json!({ "account": "ada", "repos": ["ada/app"] });
    let installed = world.control("POST", &format!("apps/{id}/installations"), asked).await.expect(201);
    let text = |field: &str| made[field].as_str().expect("a text").to_owned();
    let installation = installed["id"].as_u64().expect("an id");
    App { id, client: text("client_id"), secret: text("client_secret"), installation }
}

fn word(url: &str, name: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl App {
    fn authorize(&self, more: &str) -> String {
        format!("/login/oauth/authorize?client_id={}&state=s1{more}", self.client)
    }

    async fn code(&self, world: &World, more: &str) -> String {
        let (status, to, _) = world.browse(&self.authorize(&format!("&as=bob{more}")), None).await;
        assert_eq!((status, word(&to, "state").as_deref()), (302, Some("s1")), "{to}");
        assert!(to.starts_with(BACK), "{to}");
        word(&to, "code").expect("a code")
    }

    async fn exchange(&self, world: &World, fields: Value) -> Value {
        let mut body = json!({ "client_id": self.client, "client_secret": self.secret });
        for (name, value) in fields.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.post(format!("{}{TOKEN}", world.url)).header("accept", "application/json").json(&body);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "also errors come with 200");
        answer.json().await.expect("JSON")
    }
}

#[tokio::test]
async fn a_code_becomes_a_token_once_and_only_with_its_proof() {
    let world = World::new().await;
    let app = app(&world).await;
    let verifier = "v".repeat(43);
    let proof =
        format!("&code_challenge_method=S256&code_challenge={}", URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)));
    let code = app.code(&world, &proof).await;
    let made = app.exchange(&world, json!({ "code": code, "code_verifier": verifier, "redirect_uri": BACK })).await;
    let token = made["access_token"].as_str().expect("a token");
    assert!(token.starts_with("ghu_") && made["token_type"] == "bearer" && made["expires_in"] == 28_800, "{made}");
    assert_eq!(world.with(token).get("/user").await.expect(200)["login"], "bob");
    let bad = async |fields: Value| app.exchange(&world, fields).await["error"].clone();
    assert_eq!(bad(json!({ "code": code, "code_verifier": verifier })).await, "bad_verification_code", "used");
    for wrong in [json!({}), json!({ "code_verifier": "w".repeat(43) })] {
        let mut fields = wrong;
        fields["code"] = app.code(&world, &proof).await.into();
        assert_eq!(bad(fields).await, "bad_verification_code");
    }
    let code = app.code(&world, "").await;
    assert_eq!(bad(json!({ "code": code, "client_secret": "x" })).await, "incorrect_client_credentials");
    assert_eq!(bad(json!({ "code": code, "redirect_uri": "http://127.0.0.1:9/x" })).await, "redirect_uri_mismatch");
    let code = app.code(&world, "").await;
    world.control("POST", "clock", json!({ "advance": 601 })).await.expect(200);
    assert_eq!(bad(json!({ "code": code })).await, "bad_verification_code", "after ten minutes");
    let code = app.code(&world, "").await;
    let (client, secret) = (app.client.as_str(), app.secret.as_str());
    let form = [("client_id", client), ("client_secret", secret), ("code", code.as_str())];
    let (_, _, plain) = world.browse(TOKEN, Some(&form)).await;
    assert!(plain.starts_with("access_token=ghu_") && plain.contains("&token_type=bearer"), "{plain}");
    world.control("POST", "clock", json!({ "advance": 28_801 })).await.expect(200);
    world.with(token).get("/user").await.refused(401);
}

#[tokio::test]
async fn a_browser_is_asked_who_it_is_and_goes_nowhere_else() {
    let world = World::new().await;
    let app = app(&world).await;
    let (status, _, page) = world.browse(&app.authorize("&x=%3Cb%3E"), None).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("name=\"as\" value=\"bob\"") && page.contains("&lt;b&gt;") && !page.contains("<b>"),
        "{page}"
    );
    let (_, to, _) = world.browse(&app.authorize("&as=bob&redirect_uri=http%3A%2F%2Fevil.example%2F"), None).await;
    assert!(to.starts_with(BACK) && word(&to, "error").as_deref() == Some("redirect_uri_mismatch"), "{to}");
    let (_, to, _) = world.browse(&app.authorize("&as=bob&code_challenge=x&code_challenge_method=plain"), None).await;
    assert_eq!(word(&to, "error").as_deref(), Some("invalid_request"));
    world.control("POST", "browser", json!({ "login": "bob", "denies": true })).await.expect(200);
    let (_, to, _) = world.browse(&app.authorize(""), None).await;
    assert_eq!((word(&to, "error").as_deref(), word(&to, "code")), (Some("access_denied"), None));
    world.control("POST", "browser", json!({ "login": "bob" })).await.expect(200);
    let (_, to, _) = world.browse(&app.authorize(""), None).await;
    assert!(word(&to, "code").is_some(), "{to}");
    let (status, _, _) = world.browse("/login/oauth/authorize?client_id=nobody&as=bob", None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_persons_token_opens_what_both_may() {
    let world = World::new().await;
    let app = app(&world).await;
    world.control("POST", "users", json!({ "login": "eve" })).await.expect(201);
    world.control("POST", "repos", json!({ "owner": "ada", "name": "secret", "private": true })).await.expect(201);
    world.control("PUT", "repos/ada/secret/collaborators/bob", json!({ "permission": "read" })).await.expect(204);
    let token = async |login: &str| {
        let asked = json!({ "kind": "user", "login": login, "app": app.id });
        let made = world.control("POST", "tokens", asked).await.expect(201);
        world.with(made["token"].as_str().expect("a token"))
    };
    let (bob, eve) = (token("bob").await, token("eve").await);
    let listed = bob.get("/user/installations").await.expect(200);
    assert_eq!((&listed["total_count"], &listed["installations"][0]["id"]), (&json!(1), &json!(app.installation)));
    let path = format!("/user/installations/{}/repositories", app.installation);
    let seen = bob.get(&path).await.expect(200);
    assert_eq!((&seen["total_count"], &seen["repositories"][0]["full_name"]), (&json!(1), &json!("ada/app")));
    let permissions = &seen["repositories"][0]["permissions"];
    assert_eq!(
        (&permissions["push"], &permissions["admin"], &permissions["pull"]),
        (&json!(true), &json!(false), &json!(true))
    );
    // That a repository is public gives nobody a place in the list.
    assert_eq!(eve.get("/user/installations").await.expect(200)["total_count"], 0);
    eve.get(&path).await.refused(404);
    world.person("bob").await.get("/user/installations").await.refused(403);
    // The App may only read, and is not installed on the private repository.
    bob.post("/repos/ada/app/git/blobs", json!({ "content": "x" })).await.refused(403);
    bob.get("/repos/ada/secret").await.refused(404);
    let suspend = format!("webhooks/installations/{}/suspend", app.installation);
    world.control("POST", &suspend, json!({})).await.expect(204);
    assert!(bob.get("/user/installations").await.expect(200)["installations"][0]["suspended_at"].is_string());
    bob.get(&path).await.refused(403);
    world.control("POST", &suspend, json!({ "suspended": false })).await.expect(204);
    bob.get(&path).await.expect(200);
}

fn manifest() -> Value {
    json!({
        "name": "vso for Ada", "url": "https://vso.example.org", "redirect_url": "http://127.0.0.1:9/made?x=1",
        "hook_attributes": { "url": "https://vso.example.org/webhooks", "active": true },
        "callback_urls": [BACK], "public": false,
        "default_permissions": { "contents": "write", "checks": "write" }, "default_events": ["push", "check_run"],
    })
}

async fn made(world: &World, path: &str, manifest: &Value) -> (u16, String, String) {
    world.browse(path, Some(&[("manifest", &manifest.to_string())])).await
}

#[tokio::test]
async fn a_manifest_becomes_an_app_once_within_an_hour() {
    let world = World::new().await;
    let (status, to, _) = made(&world, "/settings/apps/new?state=a%20b&as=ada", &manifest()).await;
    assert_eq!(
        (status, word(&to, "state").as_deref(), word(&to, "x").as_deref()),
        (302, Some("a b"), Some("1")),
        "{to}"
    );
    let path = format!("/app-manifests/{}/conversions", word(&to, "code").expect("a code"));
    let app = world.nobody().call("POST", &path, None).await.expect(201);
    assert_eq!(
        (&app["slug"], &app["name"], &app["owner"]["login"]),
        (&json!("vso-for-ada"), &json!("vso for Ada"), &json!("ada"))
    );
    assert_eq!(app["permissions"], json!({ "checks": "write", "contents": "write", "metadata": "read" }));
    assert_eq!(app["events"], json!(["push", "check_run"]));
    for secret in ["client_id", "client_secret", "webhook_secret", "pem"] {
        assert!(app[secret].as_str().is_some_and(|text| text.len() > 19), "{secret}");
    }
    world.nobody().call("POST", &path, None).await.refused(404);
    let install = "/apps/vso-for-ada/installations/new";
    assert!(world.browse(install, None).await.2.contains("value=\"ada\""));
    assert!(world.browse(install, Some(&[("account", "nobody")])).await.2.contains("<button"));
    assert!(world.browse(install, Some(&[("account", "ada")])).await.2.contains("is installed on ada"));
    let (status, _, page) = made(&world, "/settings/apps/new?as=ada", &manifest()).await;
    assert!(status == 422 && page.contains("taken"), "{page}");
    let mut other = manifest();
    other["name"] = "another".into();
    let (_, to, _) = made(&world, "/settings/apps/new?as=ada", &other).await;
    assert_eq!(word(&to, "state"), None);
    world.control("POST", "clock", json!({ "advance": 3_601 })).await.expect(200);
    let path = format!("/app-manifests/{}/conversions", word(&to, "code").expect("a code"));
    world.nobody().call("POST", &path, None).await.refused(404);
}

#[tokio::test]
async fn an_organisations_app_and_a_page_with_a_button() {
    let world = World::new().await;
    let path = "/organizations/acme/settings/apps/new?state=s";
    assert_eq!(made(&world, path, &manifest()).await.0, 404, "no such organisation");
    world.control("POST", "users", json!({ "login": "acme", "type": "Organization" })).await.expect(201);
    let (status, _, page) = made(&world, path, &manifest()).await;
    assert!(status == 200 && page.contains("action=\"/organizations/acme/settings/apps/new?state=s\""), "{page}");
    let text = manifest().to_string();
    let form = [("manifest", text.as_str()), ("name", "another name"), ("as", "ada")];
    let (_, to, _) = world.browse(path, Some(&form)).await;
    let path = format!("/app-manifests/{}/conversions", word(&to, "code").expect("a code"));
    let app = world.nobody().call("POST", &path, None).await.expect(201);
    assert_eq!((&app["name"], &app["owner"]["login"]), (&json!("another name"), &json!("acme")));
    assert_eq!(world.browse("/settings/apps/new?as=ada", Some(&[("manifest", "{")])).await.0, 422);
}
