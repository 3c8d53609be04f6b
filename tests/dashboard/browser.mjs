// The dashboard in a real headless Chromium: the loop by mouse and by keyboard alone, every page at two widths in both
// themes as pictures, axe-core, and no violation of the content security policy. Run by tests/dashboard/browser.rs
// and tests/hub/pages/browser.rs:
//   node browser.mjs SCENE LINK REPOSITORY PICTURES
// and, for people who sign in at a server for an App's repositories (tests/hub/people/browser.rs), with the address of the
// stand-in for GitHub in place of the repository. Else REPOSITORY is a project's folder; for a server with several repositories (fleet, readme) what stands for one in
// addresses. With VSO_TEST_NODE_MODULES (playwright-core, axe-core) and VSO_TEST_CHROMIUM.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { small } from "./palette.mjs";

const [scene, link, repository, pictures] = process.argv.slice(2);
const require = createRequire(join(process.env.VSO_TEST_NODE_MODULES, "here.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const origin = new URL(link).origin;
const home = `${origin}/r/${["fleet", "readme"].includes(scene) ? repository : "local"}`;
const problems = [];
// Where pages may go besides: to GitHub, for signing in.
const elsewhere = repository.startsWith("http") ? repository : null;

function check(holds, words) {
  if (!holds) { throw new Error(words); }
}

function git(...args) {
  const env = { PATH: process.env.PATH, HOME: repository, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_AUTHOR_NAME: "Author", GIT_AUTHOR_EMAIL: "author@example.invalid", GIT_COMMITTER_NAME: "Committer", GIT_COMMITTER_EMAIL: "c@example.invalid" };
  return execFileSync("git", ["-C", repository, ...args], { env, encoding: "utf8" });
}

function edit(path, from, to) {
  const place = join(repository, path);
  const text = readFileSync(place, "utf8");
  check(text.includes(from), `${path} does not hold: ${from}`);
  writeFileSync(place, text.replaceAll(from, to));
}

function commit(words) {
  git("add", "-A");
  git("commit", "-qm", words);
}

function watch(page) {
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) { problems.push(`console: ${message.text()}`); }
  });
  page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const own = [origin, "data:", elsewhere].some((start) => start && request.url().startsWith(start));
    if (!own) { problems.push(`elsewhere: ${request.url()}`); }
  });
}

async function open(browser, options = {}) {
  const context = await browser.newContext(options);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  watch(page);
  return page;
}

async function said(page, words) {
  const text = await page.locator(".said p").innerText();
  check(text.includes(words), `expected ${JSON.stringify(words)}, it said ${JSON.stringify(text)}`);
  const focused = await page.evaluate(() => document.activeElement.classList.contains("said"));
  check(focused, "what was said has the focus");
}

// Presses Tab until what has the focus fits; people have nothing else.
async function tabTo(page, name, role) {
  for (let times = 0; times < 250; times += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const at = document.activeElement;
      const label = at.labels && at.labels.length ? at.labels[0].textContent : "";
      const outline = getComputedStyle(at);
      return { tag: at.tagName.toLowerCase(), type: at.type || "", name: (at.getAttribute("aria-label") || label || at.textContent || "").trim(),
        seen: outline.outlineStyle !== "none" || at.closest("svg") !== null };
    });
    if (found.name.includes(name) && (!role || found.tag === role || found.type === role)) {
      check(found.seen, `the focus on ${found.name} can be seen`);
      return;
    }
  }
  throw new Error(`Tab never reached ${role || ""} ${name}`);
}

async function byMouse(page) {
  const press = (name, where = page) => where.getByRole("button", { name, exact: true }).first().click();
  const follow = (name) => page.getByRole("link", { name }).first().click();
  return {
    press, follow,
    choose: (name) => page.getByLabel(new RegExp(`^${name}`)).first().check(),
    mergeFirst: () => page.getByRole("button", { name: /^Merge proposal/ }).first().click(),
  };
}

async function byKeyboard(page) {
  const enter = async () => { await Promise.all([page.waitForLoadState("domcontentloaded"), page.keyboard.press("Enter")]); };
  return {
    press: async (name) => { await tabTo(page, name, "button"); await enter(); },
    follow: async (name) => { await tabTo(page, name, "a"); await enter(); },
    choose: async (name) => {
      await tabTo(page, "The slice", "radio");
      for (let times = 0; times < 4; times += 1) {
        const at = await page.evaluate(() => document.activeElement.labels[0].textContent);
        if (at.includes(name)) { break; }
        await page.keyboard.press("ArrowDown");
      }
      await page.keyboard.press("Space");
    },
    mergeFirst: async () => { await tabTo(page, "Merge proposal", "button"); await enter(); },
  };
}

// A stale slice is seen, synced and merged; then a conflict is seen, settled, committed.
async function loop(page, hand) {
  await page.goto(link);
  await page.waitForSelector("#needs");
  edit("master-spec.md", "register with an email address", "register with an email address or a phone number");
  commit("phones");
  await page.goto(home);
  check((await page.locator(".counts").innerText()).includes("1 stale"), "the slice is stale");
  await hand.press("Sync");
  await page.waitForSelector(".said");
  await said(page, "1 opened");
  await hand.mergeFirst();
  await page.waitForSelector(".said");
  await said(page, "is merged into main");
  await page.goto(home);
  check(!(await page.locator(".counts").innerText()).includes("stale"), "nothing is stale");

  edit("master-spec.md", "borrow a tool that is available", "borrow a tool that is available today");
  edit("vertical-slices/slice-003-loans/spec.md", "borrow a tool that is available", "borrow a tool that is not lent");
  commit("two minds");
  await page.goto(home);
  await hand.follow("Settle the conflicts");
  await page.waitForSelector(".sides");
  check((await page.locator("main").innerText()).includes("not lent"), "both sides are shown");
  await hand.choose("The master");
  await hand.press("Preview the commit");
  await page.waitForSelector("h1:has-text('Preview')");
  check((await page.locator("main").innerText()).includes("today"), "the preview shows the change");
  const before = git("rev-parse", "HEAD").trim();
  await hand.press("Commit this");
  await page.waitForSelector(".said");
  await said(page, "Settled");
  check(git("rev-parse", "HEAD~1").trim() === before, "one commit more");
  check(git("status", "--porcelain").trim() === "", "nothing is left uncommitted");
  check(readFileSync(join(repository, "vertical-slices/slice-003-loans/spec.md"), "utf8").includes("available today"), "the master's text stands");
}

async function tidy(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) { problems.push(`${name}: ${wide} px wider than the window`); }
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations.filter((it) => ["serious", "critical", "moderate"].includes(it.impact))) {
    problems.push(`${name}: axe ${violation.impact} ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
}

async function pages(browser) {
  mkdirSync(pictures, { recursive: true });
  const first = await open(browser);
  await first.goto(link);
  await first.waitForSelector("#needs");
  const state = await first.context().storageState();
  const list = [["overview", ""], ["slice", "/slices/slice-003-loans"], ["file", "/slices/slice-003-loans/files/spec.md"], ["graph", "/graph"],
    ["conflicts", "/conflicts"], ["proposals", "/proposals"], ["proposal", "/proposals/7"], ["queue", "/queue"], ["job", "/queue/1"], ["deliveries", "/deliveries"],
    ["activity", "/activity"], ["following", "/activity?follow=1"], ["logs", "/logs"], ["analytics", "/analytics"], ["settings", "/settings"],
    ["search", "/search?q=tool"], ["missing", "/slices/slice-999-nothing"]];
  for (const width of [360, 1280]) {
    for (const theme of ["light", "dark"]) {
      const page = await open(browser, { viewport: { width, height: 900 }, colorScheme: theme, storageState: state });
      for (const [name, path] of list) {
        await page.goto(home + path);
        await page.waitForLoadState("load");
        if (name === "analytics") { await page.waitForSelector(".u-wrap"); }
        await tidy(page, `${name} ${width} ${theme}`);
        await page.screenshot({ path: join(pictures, `${name}-${width}-${theme}.png`), fullPage: true });
      }
      await page.goto(`${home}/conflicts`);
      await page.getByLabel(/^The master/).first().check();
      await page.getByRole("button", { name: "Preview the commit" }).first().click();
      await page.waitForSelector("h1:has-text('Preview')");
      await tidy(page, `preview ${width} ${theme}`);
      await page.screenshot({ path: join(pictures, `preview-${width}-${theme}.png`), fullPage: true });
      await page.context().close();
    }
  }
  // The queue follows what happens without being loaded again.
  const page = await open(browser, { storageState: state });
  await page.goto(`${home}/queue`);
  await page.getByRole("button", { name: /^Cancel job/ }).first().waitFor();
  const other = await page.context().newPage();
  await other.goto(`${home}/queue`);
  await other.getByRole("button", { name: /^Cancel job/ }).first().click();
  await page.waitForFunction(() => Array.from(document.querySelectorAll("#rows tbody .mark")).some((mark) => mark.textContent.includes("cancelled")), null, { timeout: 10000 });
}

// People at the door: in, what they may not see and do, back in by a link from elsewhere, out, and in again as others.
async function signIn(page, hand, name) {
  mkdirSync(pictures, { recursive: true });
  const hub = elsewhere;
  const shoot = async (what) => { await tidy(page, `${what} ${name}`); await page.screenshot({ path: join(pictures, `${what}-${name}.png`), fullPage: true }); };
  const enter = async (login) => {
    await hand.follow("Sign in with GitHub");
    await page.waitForURL(`${hub}/login/oauth/authorize**`);
    await hand.press(`as ${login}`);
    await page.waitForURL((url) => url.origin === origin && !url.pathname.startsWith("/sign-in"));
    await page.waitForLoadState("load");
  };
  const shows = async (words) => { const text = await page.locator("body").innerText(); check(text.includes(words), `${words}: ${text}`); };
  const queue = `${origin}/r/acme.design/queue`;
  await page.goto(queue);
  await page.waitForSelector("h1:has-text('Sign in')");
  await shoot("sign-in");
  await enter("mallory");
  check(page.url() === queue, `led to the page that was asked for, not ${page.url()}`);
  await shows("Signed in as mallory");
  await page.goto(`${origin}/r/acme.design`);
  await shows("You may read this repository and not change it");
  check(await page.locator("main form[method=post]").count() === 0, "no button that would do nothing");
  await shoot("reader");
  await page.goto(`${origin}/r/acme.vault`);
  await page.waitForSelector("h1:has-text('There is no such repository')");
  await shoot("no-repository");

  // A link on GitHub's pages: the strict cookie does not come along at first.
  await page.goto(`${hub}/login/oauth/authorize`);
  await page.evaluate((to) => { document.body.innerHTML = `<a href="${to}">the details</a>`; }, queue);
  await hand.follow("the details");
  await page.waitForURL(queue);
  await page.waitForSelector("#rows, table");
  await shows("Signed in as mallory");

  await hand.press("Sign out");
  await page.waitForSelector("text=You are signed out");
  await shoot("signed-out");
  await enter("carol");
  await page.waitForSelector("h1:has-text('No repository to show')");
  await shoot("nothing-to-show");
  await hand.press("Sign out");
  await page.waitForSelector("text=You are signed out");
  await enter("bob");
  await shows("Signed in as bob");
  check(await page.getByRole("button", { name: "Sync now" }).count() === 1, "who may write sees what can be done");
  await shoot("writer");
  await page.goBack();
  await page.goto(`${origin}/sign-in/back?code=1&state=2`);
  await page.waitForSelector("[role=alert]:has-text('was not begun in this browser')");
  await shoot("not-begun");
}

async function people(browser, hand, looks) {
  for (const [name, options] of looks) {
    const page = await open(browser, options);
    await signIn(page, await hand(page), name);
    await page.context().close();
  }
}

// The pages of a server for an App, by the addresses that the server itself shows.
async function several(page) {
  const first = async (path, selector) => {
    await page.goto(home + path);
    return new URL(await page.locator(selector).first().getAttribute("href"), origin).pathname.slice(new URL(home).pathname.length);
  };
  const proposal = await first("/proposals", "#main tbody a[href*='/proposals/']");
  const delivery = await first("/deliveries", "#rows tbody tr:has(.mark.failed) a[href*='/deliveries/']");
  const job = await first("/queue", "#rows tbody tr:has(.mark.dead) a[href*='/queue/']");
  return [["repositories", origin + "/"], ["server", origin + "/server"], ["lacking", `${origin}/r/acme.tool-photos`], ["overview", home],
    ["slice", `${home}/slices/slice-004-loans`], ["graph", `${home}/graph`], ["conflicts", `${home}/conflicts`], ["proposals", `${home}/proposals`],
    ["proposal", home + proposal], ["queue", `${home}/queue`], ["job", home + job], ["deliveries", `${home}/deliveries`], ["delivery", home + delivery],
    ["activity", `${home}/activity`], ["logs", `${home}/logs`], ["analytics", `${home}/analytics`], ["settings", `${home}/settings`], ["search", `${home}/search?q=loan`]];
}

async function preview(page) {
  await page.goto(`${home}/conflicts`);
  await page.getByLabel(/^The master/).first().check();
  await page.getByRole("button", { name: "Preview the commit" }).first().click();
  await page.waitForSelector("h1:has-text('Preview')");
}

async function fleet(browser, { widths, themes, shoot }) {
  const page = await open(browser);
  await page.goto(link);
  await page.waitForSelector("h1:has-text('Repositories')");
  const state = await page.context().storageState();
  const list = await several(page);
  await page.context().close();
  for (const width of widths) {
    for (const theme of themes) {
      const options = { viewport: { width, height: 860 }, colorScheme: theme };
      const page = await open(browser, { ...options, storageState: state });
      for (const [name, address] of list) {
        await page.goto(address);
        await page.waitForLoadState("load");
        if (name === "analytics") { await page.waitForSelector(".u-wrap"); }
        await shoot(page, name, width, theme);
      }
      await preview(page);
      await shoot(page, "preview", width, theme);
      await page.context().close();
      const stranger = await open(browser, options);
      await stranger.goto(`${origin}/`);
      await stranger.waitForSelector("h1:has-text('Sign in')");
      await shoot(stranger, "sign-in", width, theme);
      await stranger.context().close();
    }
  }
}

async function seen(page, name, width, theme) {
  await tidy(page, `app ${name} ${width} ${theme}`);
  await page.screenshot({ path: join(pictures, `app-${name}-${width}-${theme}.png`), fullPage: true });
}

// For the README: no more than one window of each, and small.
async function shown(page, name) {
  if (name === "lacking") { return; }
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  const picture = small(await page.screenshot({ clip: { x: 0, y: 0, width: 1280, height: Math.min(tall, 860) } }));
  if (picture.length > 120000) { problems.push(`${name}: ${picture.length} bytes`); }
  writeFileSync(join(pictures, `${name}.png`), picture);
}

const browser = await chromium.launch({ executablePath: process.env.VSO_TEST_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
try {
  mkdirSync(pictures, { recursive: true });
  if (scene === "pages") {
    await pages(browser);
  } else if (scene === "people-mouse") {
    await people(browser, byMouse, [["1280-light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
      ["360-dark", { viewport: { width: 360, height: 900 }, colorScheme: "dark" }]]);
  } else if (scene === "people-keyboard") {
    await people(browser, byKeyboard, [["360-light", { viewport: { width: 360, height: 900 }, colorScheme: "light" }],
      ["1280-dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }]]);
  } else if (scene === "fleet") {
    await fleet(browser, { widths: [360, 1280], themes: ["light", "dark"], shoot: seen });
  } else if (scene === "readme") {
    await fleet(browser, { widths: [1280], themes: ["light"], shoot: shown });
  } else {
    const page = await open(browser);
    await loop(page, scene === "mouse" ? await byMouse(page) : await byKeyboard(page));
  }
} catch (error) {
  problems.push(error.stack);
} finally {
  await browser.close();
}
if (problems.length) {
  process.stderr.write(`${[...new Set(problems)].join("\n")}\n`);
  process.exit(1);
}
