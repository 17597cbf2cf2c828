/** Pictures that came along with HTML: shown where it refers to them, and nothing else with them. */
import assert from "node:assert/strict";
import type { PersonHere } from "../support/account_here.ts";
import { drawnPng } from "../support/image.ts";
import type { Browser, Page } from "./browser.ts";
import { enter, watchRequests } from "./browsing.ts";
import { hostileHtml, sendMade } from "./letters.ts";
import type { PageStage } from "./page_stage.ts";
import { Trap } from "./trap.ts";

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>';

export async function readPictures(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const trap = new Trap();
  const [olga, paul] = (await stage.people("olga", "paul")) as [PersonHere, PersonHere];
  const dot = (await drawnPng(40)).toBase64();
  const heavy = (await drawnPng(4_000)).toBase64().padEnd(3_000_000, "A"); // what follows its end is passed over
  const send = (subject: string, html: string, parts: readonly Part[]) =>
    sendMade(paul, olga, subject, {
      fields: 'Content-Type: multipart/related; boundary="b"',
      body: related(html, parts),
    });
  const ids = {
    friendly: await send("Our garden", '<p>See</p><img src="cid:g@x" alt="Roses" width="80">', [
      { id: "g@x", type: "image/png", base64: dot },
    ]),
    hostile: await send("Ours too", `${hostilePictures}${hostileHtml(trap.authority)}`, [
      { id: "svg", type: "image/svg+xml", base64: btoa(svg) },
      { id: "liar", type: "image/png", base64: btoa(svg) },
      { id: "html", type: "text/html", base64: btoa("<img src=cid:html>") },
      { id: "png", type: "image/png", base64: dot },
    ]),
    thousand: await send("Again", "<img src=cid:png>".repeat(1_000), [
      { id: "png", type: "image/png", base64: heavy },
    ]),
    long: await send("Long", "<p>words</p>".repeat(60_000), []),
  };
  const site = await stage.page(olga);
  const context = await browser.context();
  const strangers = watchRequests(context, site);
  const page = await enter(context, site);

  await t.step("a picture is shown with the HTML that refers to it, on request", async () => {
    await page.goto(`${site.base}/message?id=${ids.friendly}`);
    assert.equal(await page.locator("iframe").count(), 0);
    await page.click("text=Show as HTML");
    assert.deepEqual(await drawn(page), [["Roses", 40]]);
  });

  await t.step("of hostile HTML one picture is shown, where it is the source of one", async () => {
    await page.goto(`${site.base}/message?id=${ids.hostile}&html=1`);
    assert.deepEqual(await drawn(page), [["right", 40]]);
    const frame = page.frameLocator("iframe.html");
    assert.equal(await frame.locator("text=[image: wrong").count(), 5);
    assert.equal(await frame.locator("[style*=url], [background], [srcset], svg").count(), 0);
  });

  await t.step("a thousand times the same costs no more than there is room for", async () => {
    await page.goto(`${site.base}/message?id=${ids.thousand}&html=1`);
    const shown = await drawn(page);
    assert.ok(shown.length > 0 && shown.length < 10, `${shown.length} pictures`);
  });

  await t.step("HTML that is too long says so where it would stand", async () => {
    await page.goto(`${site.base}/message?id=${ids.long}&html=1`);
    const frame = page.frameLocator("iframe.html");
    await frame.locator("text=Cannot show this HTML: it has more than 512 KiB").waitFor();
    await page.click("text=Show as text");
    await page.waitForSelector("pre.text >> text=words");
  });

  await t.step("the trap saw nothing", async () => {
    await context.close();
    assert.deepEqual(strangers.filter((url) => !url.startsWith("data:image/png;")), []);
    assert.equal(trap.visits, 0);
    assert.deepEqual(site.defects, []);
    trap.close();
    await site.stop();
  });
}

const hostilePictures = `<img src="cid:png" alt="right">
  <img src="cid:svg" alt="wrong 1"><img src="cid:liar" alt="wrong 2">
  <img src="cid:html" alt="wrong 3"><img src="cid:g@x" alt="wrong 4">
  <img src="cid:" srcset="cid:png 2x" alt="wrong 5">
  <p style="background:url(cid:png);list-style:url('cid:png')" background="cid:png">text</p>
  <object data="cid:png"></object><iframe src="cid:html"></iframe><embed src="cid:png">
  <svg><image href="cid:png"/></svg><style>p{background:url(cid:png)}</style>`;

interface Part {
  readonly id: string;
  readonly type: string;
  readonly base64: string;
}

function related(html: string, parts: readonly Part[]): string {
  const lines = (text: string) => text.replace(/.{76}/g, "$&\r\n");
  const files = parts.map(({ id, type, base64 }) =>
    `--b\r\nContent-Type: ${type}\r\nContent-ID: <${id}>\r\nContent-Disposition: inline\r\n` +
    `Content-Transfer-Encoding: base64\r\n\r\n${lines(base64)}\r\n`
  );
  return `--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}\r\n${
    files.join("")
  }--b--\r\n`;
}

/** The words and the width of each picture that the frame has drawn. */
async function drawn(page: Page): Promise<[alt: string, width: number][]> {
  const frame = page.frameLocator("iframe.html");
  await frame.locator("img").first().waitFor();
  return await frame.locator("img").evaluateAll((images: Page[]) =>
    Promise.all(images.map(async (image) => {
      await image.decode();
      return [image.alt, image.naturalWidth];
    }))
  );
}
