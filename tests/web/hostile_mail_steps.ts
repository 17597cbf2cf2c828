/** Mail as hostile as it comes, and a server that makes some up. */
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import type { PersonHere } from "../support/account_here.ts";
import { changedBody, changedEntries, flipped } from "../support/hostile_server.ts";
import type { Browser } from "./browser.ts";
import { download, enter, subjects, watchRequests } from "./browsing.ts";
import { hostileHtml, sendMade } from "./letters.ts";
import type { PageStage } from "./page_stage.ts";
import { Trap } from "./trap.ts";
import { asAccountName } from "../../src/model/address.ts";

/** Whatever a sender wrote is shown, and nothing of it reaches out. */
export async function readHostileMail(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const trap = new Trap();
  const [erin, mallory] = (await stage.people("erin", "mallory")) as [PersonHere, PersonHere];
  const html = "Content-Type: text/html; charset=utf-8";
  const reordered = "Fields \u202ereordered\u202c \x1b[2J<script>alert(1)</script>";
  const ids = {
    html: await sendMade(mallory, erin, reordered, {
      fields: html,
      body: hostileHtml(trap.authority),
    }),
    deep: await sendMade(mallory, erin, "deep", { fields: html, body: "<div>".repeat(50_000) }),
    many: await sendMade(mallory, erin, "many", {
      fields: html,
      body: "<p>" +
        Array.from({ length: 3_000 }, (_, at) => `<b a${at}>`).join("") +
        "<p>x".repeat(3_000),
    }),
    parts: await sendMade(mallory, erin, "parts", {
      fields: 'Content-Type: multipart/mixed; boundary="b"',
      body: filesWithoutEnd(10_000),
      files: Array.from({ length: 100 }, (_, at) => `../../file-${at}\u202egpj.exe`),
    }),
    text: await sendMade(mallory, erin, "text", {
      fields: "Content-Type: text/plain; charset=utf-8",
      body: "</pre><script src=x></script><img src=x onerror=alert(1)> \u202eback\u202c \x07\r\n",
    }),
  };
  const site = await stage.page(erin);
  const context = await browser.context();
  const strangers = watchRequests(context, site);
  const page = await enter(context, site);
  page.on("dialog", () => strangers.push("a dialog"));
  context.on("page", (popup: { url(): string }) => strangers.push(`a window: ${popup.url()}`));

  await t.step("a list and a text show what would hide", async () => {
    assert.ok((await subjects(page)).some((subject) => subject.includes("\\u{202e}reordered")));
    await page.goto(`${site.base}/message?id=${ids.text}`);
    const shown = await page.textContent("pre.text");
    assert.match(shown, /^<\/pre><script src=x>.*\\u\{202e\}back\\u\{202c\} ␇/);
  });

  await t.step("a text that a browser would lay out for minutes is there", async () => {
    for (const [name, character] of Object.entries({ turns: "\u05d0a1", marks: "\u0301" })) {
      const body = `Look: ${character.repeat(Math.floor(500_000 / utf8(character).length))}`;
      const fields = "Content-Type: text/plain; charset=utf-8";
      const id = await sendMade(mallory, erin, name, { fields, body });
      await page.goto(`${site.base}/message?id=${id}`);
      assert.match(await page.textContent("pre.text"), /^Look: /);
      assert.ok((await page.locator("pre.text").boundingBox()).height > 0);
      await page.goto(`${site.base}/compose?reply=${id}`);
      assert.match(await page.inputValue("#text"), /wrote:\n> Look: /);
      await page.click(".actions >> text=/Discard|Move the draft/");
      await page.waitForURL(/\/folder/);
    }
  });

  await t.step(
    "HTML is text first, and then a frame that runs nothing and reaches nothing",
    async () => {
      await page.goto(`${site.base}/message?id=${ids.html}`);
      assert.match(await page.textContent("pre.text"), /A friendly word/);
      assert.equal(await page.locator("iframe").count(), 0);
      await page.click("text=Show as HTML");
      const frame = page.frameLocator("iframe.html");
      await frame.locator("text=A friendly word").waitFor();
      assert.equal(await page.getAttribute("iframe.html", "sandbox"), "");
      assert.equal(
        await frame.locator("script, iframe, form, a, svg, object, link, base").count(),
        0,
      );
      assert.equal(
        await frame.locator("[style*=url], [background], [onerror], [srcset]").count(),
        0,
      );
      assert.match(
        await frame.locator("body").textContent(),
        /https:\/\/bank\.example \[http:\/\/link\.evil\.test/,
      );
      assert.doesNotMatch(await page.title(), /owned/);
      assert.equal(trap.visits, 0);
    },
  );

  await t.step("the frame alone keeps it in, were the sanitiser to let all through", async () => {
    await page.route(
      "**/html?*",
      async (route: { fetch(): Promise<unknown>; fulfill(with_: unknown): unknown }) => {
        await route.fulfill({ response: await route.fetch(), body: hostileHtml(trap.authority) });
      },
    );
    await page.goto(`${site.base}/message?id=${ids.html}&html=1`);
    await page.frameLocator("iframe.html").locator("text=A friendly word").waitFor();
    await page.frameLocator("iframe.html").locator("text=https://bank.example").click();
    await page.unroute("**/html?*");
    await page.goto(`${site.base}/inbox`);
  });

  await t.step("HTML that would cost too much is refused, or cut", async () => {
    await page.goto(`${site.base}/html?id=${ids.many}`);
    assert.match(await page.textContent("body"), /more than 20000 elements/);
    await page.goto(`${site.base}/message?id=${ids.deep}&html=1`);
    await page.waitForSelector("iframe.html");
  });

  await t.step("a hundred files with names of paths are files", async () => {
    await page.goto(`${site.base}/message?id=${ids.parts}`);
    assert.equal(await page.locator(".files-list a").count(), 100);
    const { name } = await download(page, "file-7\\u{202e}");
    assert.equal(name, "file-7gpj.exe");
  });

  await t.step(
    "what a hostile server made up is told as that, and shown only on demand",
    async () => {
      const madeUp = changedEntries((entry) => ({ ...entry, from: asAccountName("ops") }));
      await stage.server.lying(madeUp, async () => {
        await page.goto(`${site.base}/message?id=${ids.text}`);
        assert.match(await page.textContent(".seal"), /WARNING: invalid; anybody/);
        assert.equal(await page.locator("pre.text").count(), 0);
        assert.equal(await page.locator(".actions >> text=Reply").count(), 0);
        await browser.checkAccess(page);
        await page.click("text=Show it anyway");
        await page.waitForSelector("pre.text");
        await page.goto(`${site.base}/compose?reply=${ids.text}`);
        assert.match(
          await page.textContent("main"),
          /Cannot answer message \d+: its signature is invalid/,
        );
      });
      const flippedBody = changedBody((body) => flipped(body, body.length - 40));
      await stage.server.lying(flippedBody, async () => {
        await page.goto(`${site.base}/message?id=${ids.text}`);
        assert.equal(await page.locator("pre.text").count(), 0);
        assert.match(await page.textContent("main"), /Cannot do that/);
      });
    },
  );

  await t.step("what burns when it is read is not read by a glance at it", async () => {
    const id = await sendMade(mallory, erin, "Once", {
      fields: html,
      body: hostileHtml(trap.authority),
      burn: true,
    });
    await page.goto(`${site.base}/message?id=${id}`);
    assert.match(await page.textContent(".banner.care"), /You can read this once/);
    assert.equal(await page.locator("pre.text").count(), 0);
    await browser.checkAccess(page);
    for (const path of [`html?id=${id}`, `attachment?id=${id}&n=1`, `compose?reply=${id}`]) {
      await page.goto(`${site.base}/${path}&anyway=1`);
      assert.match(await page.textContent("body"), /it burns, so it can only be read/, path);
    }
    assert.equal((await erin.list())[0]!.readAt, null);
    await page.goto(`${site.base}/message?id=${id}`);
    await page.click("text=and erase it");
    assert.match(await page.textContent("pre.text"), /A friendly word/);
    const { name, bytes } = await download(page, "body.html");
    assert.equal(name, "body.html");
    assert.match(new TextDecoder().decode(bytes), /^<!doctype html>/);
  });

  await t.step("no request left, and nobody came to the trap", () => {
    const tried = strangers.filter((url) => !url.includes(".evil.test"));
    assert.deepEqual(tried, []);
    assert.equal(trap.requests, 0); // Chromium does connect where `preconnect` says, and asks nothing
    assert.deepEqual(site.defects, []);
  });
  await context.close();
  trap.close();
}

/** Many files, of which a reader takes as many as it will. */
function filesWithoutEnd(count: number): string {
  const file = (at: number) =>
    `--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="f${at}"\r\n\r\n` +
    "<script>1</script>\r\n";
  return Array.from({ length: count }, (_, at) => file(at)).join("");
}
