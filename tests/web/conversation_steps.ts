/** The conversation beneath a message: by hand, by key, as it grows, and without scripts. */
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import type { PersonHere } from "../support/account_here.ts";
import type { Browser, Page } from "./browser.ts";
import { enter, waitForCount } from "./browsing.ts";
import type { PageStage } from "./page_stage.ts";

export async function readConversations(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const [vera, walt] = (await stage.people("vera", "walt")) as [PersonHere, PersonHere];
  await walt.send("vera", "Lamps\u202e");
  await answer(vera, "Lamps\u202e", "walt");
  await walt.send("vera", "Something else");
  const site = await stage.page(vera);
  const context = await browser.context();
  const page = await enter(context, site);

  await t.step("it stands beneath the message, one's own words too", async () => {
    await page.click(".row >> text=Lamps");
    await waitForCount(page, "#conversation .row", 2);
    assert.deepEqual(await rows(page), [
      ["walt", "Lamps\\u{202e}", "signed"],
      ["Sent. vera", "Re: Lamps\\u{202e}", "verified"],
    ]);
    assert.match(await page.textContent("#conversation h2"), /^2 messages/);
    assert.match(await page.getAttribute("[aria-current=true]", "href"), /message\?id=\d+$/);
    await browser.checkAccess(page);
  });

  await t.step(
    "an answer that comes meanwhile stands in it, as new, and nothing is opened",
    async () => {
      await answer(walt, "Re: Lamps\u202e", "vera");
      await waitForCount(page, "#conversation .row.unread", 1);
      assert.match(await page.title(), /^Message \d+ · mailctl$/);
      assert.equal((await vera.list())[0]!.readAt, null);
    },
  );

  await t.step("keys go from one of its messages to the next", async () => {
    await page.locator("main").focus();
    for (const key of ["j", "j", "Enter"]) await page.keyboard.press(key);
    await waitForCount(page, "#conversation .row:nth-child(3) > [aria-current]", 1);
    assert.equal((await vera.list())[0]!.readAt !== null, true);
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await waitForCount(page, "#conversation .row:nth-child(2) > [aria-current]", 1);
    assert.match(await page.textContent("article .head"), /Sent/);
  });

  await t.step("what is in the trash is not in it, until that is undone", async () => {
    await page.goto(`${site.base}/inbox`);
    await waitForCount(page, ".row", 3);
    await page.click("text=Trash message >> nth=0");
    await waitForCount(page, ".row", 2);
    await page.click(".row >> text=Lamps");
    await waitForCount(page, "#conversation .row", 2);
    await page.click("text=Undo");
    await waitForCount(page, "#conversation .row", 3);
    assert.match(page.url(), /message\?id=/);
  });

  await t.step("a message that stands alone says nothing of it", async () => {
    await page.goto(`${site.base}/inbox`);
    await page.click(".row >> text=Something else");
    await waitForCount(page, "#conversation > *", 0);
  });

  await t.step("without scripts it is a page of its own", async () => {
    const [shown] = (await vera.list()).slice(-1);
    await page.goto(`${site.base}/conversation?id=${shown!.id}`);
    await browser.checkAccess(page);
    const plain = await browser.context({ javaScriptEnabled: false });
    const quiet = await enter(plain, site);
    await quiet.click(".row >> text=Lamps >> nth=-1");
    await quiet.click("#conversation a");
    assert.equal((await rows(quiet)).length, 3);
    await quiet.click("a[data-key=u]");
    assert.match(await quiet.textContent("h1"), /^Lamps/);
    await plain.close();
  });

  assert.deepEqual(site.defects, []);
  await context.close();
  await site.stop();
}

/** Answers the newest message, of all that somebody has, with this subject. */
function answer(from: PersonHere, subject: string, to: string): Promise<void> {
  return from.with(async (mailbox) => {
    const { messages } = await mailbox.list({ box: "inbox", limit: 10 });
    const { id } = messages.find(({ headers }) => headers?.subject === subject)!;
    const draft = { to: [to], cc: [], bcc: [], attachments: [], body: utf8("Yes.\n") };
    await mailbox.send({ ...draft, subject: `Re: ${subject}`, replyTo: id });
  });
}

/** Who, what and what it is worth, of each message that is shown. */
async function rows(page: Page): Promise<string[][]> {
  const shown = await page.locator("#conversation .row").all();
  return await Promise.all(
    shown.map((row: Page) =>
      Promise.all(
        [".who", ".subject", ".chip"].map(async (part) =>
          (await row.locator(part).innerText()).replace(/\s+/g, " ").trim()
        ),
      )
    ),
  );
}
