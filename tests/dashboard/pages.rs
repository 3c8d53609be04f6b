//! What the pages show, what they escape, and whom they refuse.

use super::visit::Visit;
use crate::world::World;
use crate::world::project::Project;

#[test]
fn every_page_is_there_and_says_where_one_is() {
    let visit = Visit::in_step();
    visit.server.world.vso(&["queue", "list"]);
    for (path, words) in [
        ("", "What needs you now"),
        ("/graph", "Dependencies"),
        ("/slices/slice-003-loans", "Criteria and their tests"),
        ("/slices/slice-003-loans/files/spec.md", "bytes"),
        ("/conflicts", "No conflict waits"),
        ("/proposals", "Branches that wait"),
        ("/proposals?state=all", "slice-001-members"),
        ("/proposals/1", "What it changes"),
        ("/queue", "No job fits"),
        ("/deliveries", "What GitHub delivered"),
        ("/activity", "proposal.opened"),
        ("/logs", "what vso wrote down"),
        ("/analytics", "Trace coverage"),
        ("/settings", "project.master"),
        ("/search?q=loans", "slice-003-loans"),
    ] {
        let page = visit.page(path).to_lowercase();
        assert!(page.contains(&words.to_lowercase()), "{path} lacks {words:?}: {page}");
        for needed in ["<!doctype html>", "<html lang=\"en\">", "<main id=\"main\"", "<nav aria-label", "</html>"] {
            assert!(page.contains(needed), "{path}: {needed}");
        }
        for unwanted in ["<style", " style=", "onclick=", "javascript:"] {
            assert!(!page.contains(unwanted), "{path}: {unwanted}");
        }
    }
    for path in
        ["/slices/slice-099-x", "/slices/slice-003-loans/files/../../master-spec.md", "/queue/77", "/proposals/77"]
    {
        assert_eq!(visit.get(path).status, 404, "{path}");
    }
    assert_eq!(visit.server.get("/r/other", &[("cookie", &visit.cookie)]).status, 404);
}

#[test]
fn the_overview_says_what_needs_a_person() {
    let visit = Visit::in_step();
    assert!(visit.page("").contains("Nothing: master and slices are in step"));
    visit.edit("master-spec.md", "with a title", "with a title and a photo");
    let page = visit.page("");
    assert!(
        page.contains("1 slice is out of step") && page.contains("<span class=\"mark stale\">stale</span>"),
        "{page}"
    );
    let overview = visit.api("/overview");
    assert_eq!(overview["needs"][0]["attention"], "sync");
    let rows = overview["slices"].as_array().unwrap();
    let stale = rows.iter().find(|row| row["freshness"] == "stale").unwrap();
    assert_eq!(stale["id"], "slice-002-catalogue");
    assert_eq!(visit.api("/overview?freshness=stale")["total"], 1);
    assert_eq!(visit.api("/overview?q=LOAN")["slices"][0]["id"], "slice-003-loans");
}

#[test]
fn a_slice_shows_both_differences() {
    let visit = Visit::in_step();
    visit.edit("vertical-slices/slice-002-catalogue/spec.md", "with a title", "with a short title");
    let slice = visit.api("/slices/slice-002-catalogue");
    assert_eq!(slice["freshness"], "edited", "{slice}");
    assert!(slice["people"].to_string().contains("with a short title"), "{slice}");
    visit.edit("master-spec.md", "by a word of the title", "by a word of the title or the maker");
    let slice = visit.api("/slices/slice-002-catalogue");
    assert!(slice["master"].to_string().contains("or the maker"), "{slice}");
    let page = visit.page("/slices/slice-002-catalogue");
    assert!(page.contains("class=\"add\"") && page.contains("or the maker") && page.contains("with a short title"));
    assert!(slice["history"].as_array().unwrap().len() >= 2, "{}", slice["history"]);
}

#[test]
fn text_from_specifications_is_data() {
    let long = "x".repeat(10_000);
    let nasty = format!(
        "---\ntitle: \"<script>alert(1)</script>{{{{ 7 * 7 }}}}\"\nversion: \"1.0.0\"\n---\n\n# T\n\n## Requirements\n\n\
         - **FR-001** [component: Pay] A user can <script>alert(2)</script> pay {{{{ 7 * 7 }}}} {{% raw %}} \u{202e}live \
         <img src=x onerror=alert(3)> [a](javascript:alert(4)).\n- **FR-{long}** [component: Pay] A user can wait.\n\n\
         ## Architecture\n\n### Components\n\n- **Pay**: Takes <b onmouseover=alert(5)>money</b>.\n"
    );
    let world = World::with_master(&nasty);
    world.git(&["init", "-q", "-b", "<img>"]);
    world.write(".gitignore", ".slice-orchestrator/\n");
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "<script>alert(6)</script>"]);
    world.vso(&["sync"]);
    let visit = Visit::over(world);
    assert!(visit.does("/proposals/1/merge", &[]).contains("is merged"));
    for path in [
        "",
        "/slices/slice-001-pay",
        "/slices/slice-001-pay/files/spec.md",
        "/proposals/1",
        "/search?q=script",
        "/activity",
    ] {
        let page = visit.page(path);
        for unwanted in ["<script>alert", "<img src=x", "<b onmouseover", "href=\"javascript:", "\u{202e}"] {
            assert!(!page.contains(unwanted), "{path}: {unwanted}");
        }
        assert!(!page.contains(" 49 "), "{path}: a template ran");
        assert!(page.contains("&lt;") || path == "/activity", "{path}: {page}");
    }
    assert!(visit.page("/search?q=%3Cscript%3Ealert(9)%3C/script%3E").contains("&lt;script&gt;alert(9)"));
}

#[test]
fn a_project_that_cannot_be_shown_says_why() {
    let visit = Visit::over(World::with_master("# T\n"));
    let front = visit.server.get("/", &[("cookie", &visit.cookie)]);
    assert!(front.status == 200 && front.body.contains("git repository"), "{front:?}");
    assert_eq!(visit.get("").status, 422);
    assert_eq!(visit.get("/queue").status, 200, "what needs no repository is there");
    let answer = visit.server.get("/api/v1/repositories/local/overview", &[("cookie", &visit.cookie)]);
    assert!(answer.status == 422 && answer.headers["content-type"] == "application/problem+json", "{answer:?}");
}

#[test]
fn without_a_session_or_a_token_nothing_is_shown_or_done() {
    let project = Project::in_step();
    project.edit_master("with a title", "with a title and a photo");
    let visit = Visit::of(project);
    for path in ["", "/slices/slice-003-loans", "/queue", "/settings", "/live", "/activity/export?format=csv"] {
        assert_eq!(visit.server.get(&format!("/r/local{path}"), &[]).status, 401, "{path}");
    }
    let before = visit.git(&["for-each-ref"]);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("cookie", visit.cookie.as_str())];
    for path in ["/sync", "/proposals/1/close", "/conflicts/preview", "/conflicts/commit", "/queue/1/cancel"] {
        let path = format!("/r/local{path}");
        assert_eq!(visit.server.send("POST", &path, &form, b"").status, 403, "{path} without a token");
        assert_eq!(visit.server.send("POST", &path, &form, b"csrf=0123").status, 403, "{path} with a wrong one");
        assert_eq!(visit.server.send("POST", &path, &form[..1], b"csrf=0123").status, 401, "{path} without a session");
        let right = format!("csrf={}", visit.token());
        let elsewhere = [form[0], form[1], ("origin", "https://evil.example")];
        assert_eq!(visit.server.send("POST", &path, &elsewhere, right.as_bytes()).status, 403, "{path} from elsewhere");
    }
    assert_eq!(visit.git(&["for-each-ref"]), before, "nothing moved");
}

#[test]
fn assets_are_our_own() {
    let visit = Visit::over(World::with_master("# T\n"));
    for (file, kind) in [
        ("vso.css", "text/css"),
        ("vso.js", "text/javascript"),
        ("htmx.min.js", "text/javascript"),
        ("vso.svg", "image/svg+xml"),
    ] {
        let answer = visit.server.get(&format!("/asset/{file}"), &[("cookie", &visit.cookie)]);
        assert!(
            answer.status == 200 && answer.headers["content-type"].starts_with(kind),
            "{file}: {:?}",
            answer.headers
        );
        let known = [("cookie", visit.cookie.as_str()), ("if-none-match", answer.headers["etag"].as_str())];
        assert_eq!(visit.server.get(&format!("/asset/{file}"), &known).status, 304);
    }
    for path in ["LICENSES.txt", "..%2Fgraph.svg", "nothing.js"] {
        assert_eq!(visit.server.get(&format!("/asset/{path}"), &[("cookie", &visit.cookie)]).status, 404, "{path}");
    }
}
