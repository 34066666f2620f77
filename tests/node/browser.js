// Start a browser, and do one of the things below: `node browser.js ACTION ARGUMENT...`.
// Prints what was seen as JSON.
import { createServer } from "node:http";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-gpu", "--no-sandbox"];
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const NARROW = { width: 360, height: 740 };

/** Serve YASGUI on another origin than the endpoint, as any site may. */
async function serveYasgui(endpoint) {
  const files = { "/yasgui.js": "yasgui.min.js", "/yasgui.css": "yasgui.min.css" };
  const page = `<!doctype html><title>YASGUI</title><link rel="stylesheet" href="/yasgui.css">
    <div id="yasgui"></div><script src="/yasgui.js"></script><script>
    localStorage.clear();
    window.gui = new Yasgui(document.getElementById("yasgui"),
      { requestConfig: { endpoint: ${JSON.stringify(endpoint)} } });</script>`;
  const server = createServer(async (request, response) => {
    const file = files[request.url];
    const type = file?.endsWith(".js") ? "text/javascript" : file ? "text/css" : "text/html";
    response.setHeader("Content-Type", `${type}; charset=utf-8`);
    response.end(file ? await readFile(
      new URL(`node_modules/@zazuko/yasgui/build/${file}`, import.meta.url)) : page);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

const actions = {
  /** The rows that YASGUI shows for a query. */
  async yasgui(browser, endpoint, query) {
    const server = await serveYasgui(endpoint);
    try {
      const page = await browser.newPage();
      page.on("pageerror", (error) => console.error(error));
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.evaluate((text) => {
        const tab = window.gui.getTab();
        tab.setQuery(text);
        tab.query();
      }, query);
      await page.waitForSelector(".yasr table tbody tr", { timeout: 60000 });
      return await page.$$eval(".yasr table tbody tr", (rows) => rows.map((row) => row.innerText));
    } finally {
      server.close();
    }
  },

  /** What axe finds serious, and whether a page is wider than its window, for each address. */
  async axe(browser, ...addresses) {
    const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
    const found = {};
    for (const viewport of [{ width: 1280, height: 900 }, NARROW]) {
      const page = await browser.newPage({ viewport });
      for (const address of addresses) {
        await page.goto(address);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
          .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`));
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth);
        found[`${address} at ${viewport.width}`] = wide ? [...serious, "wider than the window"] : serious;
      }
    }
    return found;
  },

  /** What the plain text field offers and writes: keys are typed one after another into the form. */
  async editor(browser, address, ...keys) {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.route("**/codemirror.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(address);
    await page.focus("#query");
    const offers = [];
    for (const key of keys) {
      if (key.length > 1 && /^[A-Z][A-Za-z+]+$/.test(key)) await page.keyboard.press(key);
      else await page.keyboard.type(key);
      await page.waitForTimeout(600);
      offers.push(await page.$$eval("#completions [role=option]", (all) => all.map((o) => o.innerText)));
    }
    await page.waitForLoadState("networkidle");
    const text = await page.$eval("#query", (area) => area.value);
    const rows = await page.$$eval("tbody tr", (all) => all.length);
    return { offers, text, rows, errors };
  },

  /**
   * An engineer's task: from the front page to the query page, a query with a typo, the fix that the
   * page proposes, and the file. Without scripts too. Then what the editor completes.
   */
  async engineer(browser, base, query) {
    const seen = {};
    for (const javaScriptEnabled of [true, false]) {
      const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1280, height: 900 } });
      const page = await context.newPage();
      const one = (seen[javaScriptEnabled ? "scripts" : "plain"] = { clicks: 0, errors: [], answers: [] });
      page.on("pageerror", (error) => one.errors.push(String(error)));
      page.on("console", (message) => /Content.Security/.test(message.text()) && one.errors.push(message.text()));
      const click = async (where) => {
        one.clicks += 1;
        await Promise.all([page.waitForNavigation(), page.click(where)]);
      };
      await page.goto(base + "/");
      await click('header a[href$="/sparql"]');
      if (javaScriptEnabled) {
        await page.locator("#editor .cm-content").focus();
        await page.keyboard.insertText(query);
        await page.waitForFunction(() => document.getElementById("advice").textContent !== "");
        one.advice = await page.innerText("#advice");
      } else await page.fill("#query", query);
      await click("#ask button[type=submit]");
      one.marked = await page.innerText("mark");
      await click(".fix button");
      one.top = await page.$eval("main table", (table) => table.getBoundingClientRect().top);
      one.rows = await page.$$eval("tbody tr", (all) => all.length);
      one.clicks += 1;
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=XLSX")]);
      one.file = file.suggestedFilename();
      await context.close();
    }
    const page = await browser.newPage();
    await page.goto(base + "/sparql");
    await page.locator("#editor .cm-content").focus();
    const options = async () => {
      await page.waitForSelector("#editor .cm-tooltip-autocomplete li");
      return page.$$eval("#editor .cm-tooltip-autocomplete li", (all) => all.map((one) => one.innerText));
    };
    await page.keyboard.type("SELECT * { ?drug a aikg:Dru");
    seen.classes = await options();
    // On a busy machine the options of an earlier word may still be there.
    for (let again = 0; again < 20 && !seen.classes[0].startsWith("aikg:"); again += 1) {
      await page.waitForTimeout(250);
      seen.classes = await options();
    }
    await page.waitForTimeout(200); // the editor takes no option in the first moment
    await page.keyboard.press("Enter");
    await page.keyboard.type(" ; ");
    await page.keyboard.press("Control+ ");
    seen.properties = await options();
    seen.text = await page.$eval("#query", (field) => field.value);
    return seen;
  },

  /**
   * A trialist's task: sign in, check a sheet with a mistake, fix it, see it, send it, find it again.
   * The clicks after the front page are counted; the sheet is chosen without a click.
   */
  async trialist(browser, base, token, bad, good, ...modes) {
    const seen = {};
    for (const mode of modes) {
      const viewport = { width: 390, height: 844 };
      const context = await browser.newContext({ javaScriptEnabled: mode === "scripts", viewport });
      const page = await context.newPage();
      const one = (seen[mode] = { clicks: 0, errors: [], wide: [] });
      page.on("pageerror", (error) => one.errors.push(String(error)));
      page.on("console", (message) => /Content.Security/.test(message.text()) && one.errors.push(message.text()));
      const click = async (where) => {
        one.clicks += 1;
        await Promise.all([page.waitForNavigation(), page.click(where)]);
        const sizes = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        if (sizes[0] > sizes[1]) one.wide.push(page.url());
      };
      await page.goto(base + "/");
      await click("text=Send a table");
      await click("main >> text=Send a table");
      await click("main >> text=Sign in");
      await page.fill("#token", token);
      await click("main button");
      await page.setInputFiles("#file", bad);
      await click("text=Check, and see the page");
      one.mistake = await page.innerText(".finding.blocks");
      await page.setInputFiles("#file", good.replace("MODE", mode));
      await click("text=Check, and see the page");
      one.draft = await page.innerText(".draft");
      one.page = await page.innerText("main");
      await click("text=Send it");
      one.sent = await page.innerText("main");
      await page.goto(base + "/");
      await click("text=Send a table");
      one.mine = await page.innerText("main");
      await context.close();
    }
    return seen;
  },

  /**
   * For each address: its height at 1280, whether it scrolls sideways at 390, raw identifiers where a
   * name should stand, and what the security policy refused. `script` is "off" for a browser without.
   */
  async shape(browser, script, ...addresses) {
    const found = {};
    for (const address of addresses) found[address] = { refused: [] };
    for (const width of [1280, 390]) {
      const context = await browser.newContext(
        { viewport: { width, height: 900 }, javaScriptEnabled: script !== "off" });
      const page = await context.newPage();
      let current;
      page.on("console", (message) => message.type() === "error" && found[current].refused.push(message.text()));
      for (const address of addresses) {
        current = address;
        await page.goto(address);
        Object.assign(found[address], await page.evaluate((wide) => {
          const root = document.documentElement;
          if (!wide) return { sideways: root.scrollWidth > root.clientWidth };
          const raw = [...document.querySelectorAll("main a[href^='/']")].flatMap((link) => {
            const [kind, ...rest] = decodeURIComponent(link.getAttribute("href")).slice(1).split(/[?#]/)[0].split("/");
            const tail = rest.join("/").replaceAll("-", " ");
            const bare = ["finding", "passage", "claim", "publication", "issue", "shared", "submission"].includes(kind);
            const text = link.textContent.trim();
            return bare && text === tail && !link.closest("details.data") ? [text] : [];
          });
          const text = document.querySelector("h1")?.textContent ?? "";
          if (/-[a-z2-7]{16}\b|w3id\.org/.test(text)) raw.push(text);
          return { height: root.scrollHeight, raw, heading: text.trim() };
        }, width > 1000));
      }
      await context.close();
    }
    return found;
  },

  /** From the front page, a question typed into the search box: the foot of the answer, in pixels. */
  async ask(browser, address, text) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const seen = {};
    const foot = () => page.$eval(".lead.summary", (answer) => answer.getBoundingClientRect().bottom);
    await page.goto(address);
    await page.fill("#find", text);
    await page.press("#find", "Enter");
    await page.waitForSelector(".lead.summary");
    seen.search = { foot: await foot(), text: await page.$eval("main", (main) => main.innerText) };
    await page.goto(address);
    await page.click("#headline a");
    await page.waitForSelector(".lead.summary");
    seen.click = { foot: await foot(), text: await page.$eval("main", (main) => main.innerText) };
    return seen;
  },

  /** What the search offers after each text, and where Enter leads after the last. */
  async search(browser, address, ...texts) {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(address);
    const offers = [];
    for (const text of texts) {
      await page.fill("#find", text);
      await page.waitForSelector(`#names[data-text="${text}"]`, { state: "attached" });
      offers.push(await page.$$eval("#names option", (all) => all.map((o) => [o.value, o.label])));
    }
    await page.press("#find", "Enter");
    await page.waitForSelector("tbody a");
    const first = await page.$eval("tbody a", (link) => link.innerText);
    await page.click("tbody a");
    await page.waitForLoadState();
    return { offers, first, heading: await page.$eval("h1", (h1) => h1.innerText), errors };
  },

  /**
   * Two browsers, each with a profile of its own: a curator signs in, reads each page and signs out.
   * At every moment in between an unknown user reads all pages. What came to each is counted.
   */
  async twoProfiles(browser, base, token, ...paths) {
    const folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "profile-"))));
    const contexts = await Promise.all(folders.map((folder) =>
      chromium.launchPersistentContext(folder, { executablePath: EXECUTABLE, args: FLAGS })));
    const seen = { reads: 0, differences: [], cookiesSet: [[], []], signedIn: [], unknown: [] };
    const waiting = [];
    contexts.forEach((context, who) => context.on("response", (response) => waiting.push(
      response.headerValue("set-cookie").then((value) => value !== null &&
        seen.cookiesSet[who].push(new URL(response.url()).pathname)))));
    const [curator, unknown] = await Promise.all(contexts.map((context) => context.newPage()));
    const read = async (page, path) => {
      await page.goto(base + path);
      return page.$eval("main", (main) => main.innerText);
    };
    const isSignedIn = async (page) => (await read(page, "/submissions")).includes("signed in as");
    const first = {};
    // Each moment has addresses of its own, so that no answer of an earlier one is kept for them.
    const at = (path, moment) => `${path}${path.includes("?") ? "&" : "?"}moment=${moment}`;
    const readAll = async (moment) => {
      for (const path of paths) {
        const text = await read(unknown, at(path, moment));
        first[path] ??= text;
        if (text !== first[path]) seen.differences.push(path);
        seen.reads += 1;
      }
      seen.unknown.push(await isSignedIn(unknown));
    };
    try {
      await readAll("before");
      await read(curator, "/submissions");
      await curator.click("text=sign in");
      await curator.fill("#token", token);
      await Promise.all([curator.waitForNavigation(), curator.click("main button")]);
      for (const path of paths) {
        const text = await read(curator, at(path, paths.indexOf(path)));
        if (text !== first[path]) seen.differences.push(path);
        await readAll(paths.indexOf(path));
      }
      seen.signedIn.push(await isSignedIn(curator));
      await Promise.all([curator.waitForNavigation(), curator.click("text=Sign out")]);
      await readAll("after");
      seen.signedIn.push(await isSignedIn(curator));
      await Promise.all(waiting);
      seen.jar = await contexts[1].cookies();
      return seen;
    } finally {
      await Promise.all(contexts.map((context) => context.close()));
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    }
  },
};

const [action, ...rest] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
try {
  console.log(JSON.stringify(await actions[action](browser, ...rest)));
} finally {
  await browser.close();
}
