/** Mail that is gone once it is read. */
import assert from "node:assert/strict";
import type { Draft } from "../../src/client/sending/draft.ts";
import { asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import type { PersonHere } from "../support/account_here.ts";
import { changedEntries, type Lies } from "../support/hostile_server.ts";
import type { Browser, Page } from "./browser.ts";
import { until } from "../support/person.ts";
import { download, enter, waitForArticle } from "./browsing.ts";
import type { PageStage, Program } from "./page_stage.ts";

const numbers = Uint8Array.from({ length: 300_000 }, (_, at) => (at * at) % 251);

export async function readBurning(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const [ivy, jack] = (await stage.people("ivy", "jack")) as [PersonHere, PersonHere];
  const site = await stage.page(ivy);
  const context = await browser.context();
  const page = await enter(context, site);
  const who = await site.enter();

  await t.step("what burns is read by its button alone, whole and once", async () => {
    const id = await sendBurning(jack, ivy, [numbers, new Uint8Array(1)]);
    await page.goto(`${site.base}/inbox`);
    await page.click(".row >> text=Once");
    await page.waitForSelector("article");
    assert.match(await page.textContent(".banner.care"), /its text and its 2 files.*file-1\.bin/);
    await browser.checkAccess(page);
    await clickAndStop(page);
    const [response] = await Promise.all([
      page.waitForResponse("**/burn?*"),
      page.dblclick("text=and erase it"), // as some people click on everything
    ]);
    await waitForArticle(page);
    assert.equal((await response.allHeaders())["cache-control"], "no-store");
    assert.equal(await page.textContent("pre.text"), "The word is <Swordfish>.");
    assert.match(
      await page.textContent("[data-shown-once] [role=status]"),
      /The server has erased it/,
    );
    await browser.checkAccess(page);
    assert.deepEqual(await ivy.list(), []);
    assert.deepEqual(await download(page, "file-1.bin"), { name: "file-1.bin", bytes: numbers });
    await page.keyboard.press("i"); // a slip, which must not leave it
    assert.equal(await page.locator("pre.text").count(), 1);
    await page.setViewportSize({ width: 320, height: 640 });
    assert.ok((await page.evaluate("document.documentElement.scrollWidth - innerWidth")) <= 0);
    await page.goto(`${site.base}/message?id=${id}`);
    assert.match(await page.textContent("main"), /Cannot find message/);
    assert.equal((await who.post(`burn?id=${id}`)).status, 404);
  });

  await t.step("its sender sees that it was read, and that its text is gone", async () => {
    const own = await (await stage.page(jack)).enter();
    const [sent] = await jack.list("sent");
    const { status, body } = await own.get(`message?id=${sent!.id}`);
    assert.equal(status, 200);
    assert.match(body, /its body was erased when the last recipient had read it/);
    assert.match((await own.get("sent")).body, />read<\/span>/);
  });

  await t.step("without scripts it is read as well", async () => {
    await sendBurning(jack, ivy);
    const plain = await browser.context({ javaScriptEnabled: false });
    const quiet = await enter(plain, site);
    await quiet.click(".row >> text=Once");
    await quiet.dblclick("text=and erase it");
    await quiet.waitForSelector("[data-shown-once] >> text=The server has erased it"); // the last of the page
    assert.match(await quiet.textContent("pre.text"), /Swordfish/);
    assert.deepEqual(await ivy.list(), []);
    await plain.close();
  });

  await t.step("whoever leaves while it comes can come back for it", async () => {
    const id = await sendBurning(jack, ivy, [new Uint8Array(10 << 20)]);
    await (await startBurning(who, id)).body!.cancel();
    const again = await startBurning(who, id);
    assert.match((await again.text()).slice(-5_000), /The server has erased it/);
    assert.deepEqual(await ivy.list(), []);
  });

  await t.step("whoever leaves before it comes can come back for it", async () => {
    const id = await sendBurning(jack, ivy);
    const [begun, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: Lies = {
      body: (honest) =>
        async function* (account, id) {
          begun.resolve();
          await gone.promise;
          yield* honest.body(account, id);
        },
    };
    await stage.server.lying(slow, async () => {
      const leaving = new AbortController();
      const left = assert.rejects(startBurning(who, id, leaving.signal), { name: "AbortError" });
      await begun.promise;
      leaving.abort();
      await left;
      await who.get("account"); // by now the page knows
      gone.resolve();
    });
    assert.match((await who.post(`burn?id=${id}`)).body, /Swordfish[^]*The server has erased it/);
  });

  await t.step("what may not be erased is said to be there, perhaps", async () => {
    const id = await sendBurning(jack, ivy);
    const failing: Lies = { markRead: () => () => Promise.reject(new Error("no")) };
    const { body } = await stage.server.lying(failing, () => who.post(`burn?id=${id}`));
    assert.match(body, /Swordfish[^]*Cannot tell whether it is erased/);
    assert.match((await who.post(`burn?id=${id}`)).body, /Swordfish[^]*The server has erased it/);
  });

  await t.step("what does not verify is read only if that is wished for", async () => {
    const id = await sendBurning(jack, ivy);
    const madeUp = changedEntries((entry) => ({ ...entry, from: asAccountName("ops") }));
    await stage.server.lying(madeUp, async () => {
      assert.match((await who.get(`message?id=${id}`)).body, /Read it anyway/);
      const { status, body } = await who.post(`burn?id=${id}`);
      assert.deepEqual([status, /signature is invalid/.test(body)], [422, true]);
    });
    assert.equal((await ivy.list()).length, 1);
    const large = changedEntries((entry) => ({ ...entry, sealedBytes: 17 << 20 }));
    await stage.server.lying(large, async () => {
      const { body } = await who.get(`message?id=${id}`);
      assert.match(body, /larger than a page can show/);
      assert.doesNotMatch(body, /action="burn/);
    });
  });

  await t.step("what is kept is not burnt", async () => {
    await jack.send("ivy", "Kept");
    const [kept] = await ivy.list();
    assert.equal((await who.post(`burn?id=${kept!.id}`)).status, 422);
    assert.equal((await ivy.list())[0]!.readAt, null);
    assert.deepEqual(site.defects, []);
  });
  await context.close();
}

interface Route {
  request(): { url(): string };
  fulfill(answer: { status: number }): Promise<void>;
}

/** Stops what each click begins, and clicks again. */
async function clickAndStop(page: Page): Promise<void> {
  const asked: string[] = [];
  const stop = async (route: Route) => {
    await route.fulfill({ status: 204 }); // the page stays
    asked.push(/(\w+)\?/.exec(route.request().url())![1]!);
  };
  await page.route(/(burn|file)\?/, stop);
  const click = async (selector: string) => {
    const before = asked.length;
    await page.click(selector);
    await until(() => asked.length > before, selector);
  };
  for (const selector of ["[value=star]", "text=and erase it", "[value=archive]"]) {
    await click(selector);
  }
  await page.waitForTimeout(1_000); // a hand that clicks twice is quicker
  await click("[value=star]");
  await page.click("text=and erase it");
  await page.waitForSelector("#said >> text=Wait for the answer"); // it may be on its way
  assert.deepEqual(asked, ["file", "burn", "file", "file"]);
  await page.unroute(/(burn|file)\?/, stop);
  await page.reload();
}

/** Returns the id that its reader has. */
async function sendBurning(
  from: PersonHere,
  to: PersonHere,
  files: readonly Uint8Array[] = [],
): Promise<number> {
  const draft: Draft = {
    to: [to.name],
    cc: [],
    bcc: [],
    subject: "Once",
    body: utf8("The word is <Swordfish>."),
    attachments: files.map((content, at) => ({
      name: `file-${at + 1}.bin`,
      type: "application/octet-stream",
      size: content.length,
      content,
    })),
    burn: true,
  };
  await from.with((mailbox) => mailbox.send(draft));
  return (await to.list())[0]!.id;
}

/** Asks as the page's form does; the answer comes as it is read. */
function startBurning(
  { page, cookie, token }: Program,
  id: number,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const headers = { cookie, origin: `http://${page.authority}`, "x-token": token };
  return fetch(`${page.base}/burn?id=${id}`, { method: "POST", headers, signal });
}
