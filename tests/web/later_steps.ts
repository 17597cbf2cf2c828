/** Mail that goes later, or not at all. */
import assert from "node:assert/strict";
import type { PersonHere } from "../support/account_here.ts";
import type { Lies } from "../support/hostile_server.ts";
import type { Browser, Page } from "./browser.ts";
import { bufferOf, enter, waitForCount } from "./browsing.ts";
import { markRead, sendMany } from "./letters.ts";
import type { PageStage, Program } from "./page_stage.ts";

const dayMs = 86_400_000;
const zone = "America/New_York";
/** Two hours are over, for the server. */
const later: Lies = {
  now: (honest) => () => honest.now() + dayMs / 12,
};

export async function sendLater(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const [frank, grace] = (await stage.people("frank", "grace")) as [PersonHere, PersonHere];
  const site = await stage.page(frank);
  const context = await browser.context({ timezoneId: zone });
  const page = await enter(context, site);
  const who = await site.enter();
  const heldOf = async () => (await frank.list("sent"))[0]!;
  const inMonth = Math.floor(Date.now() / 60_000) * 60_000 + 30 * dayMs;

  await t.step("options are folded, and what cannot be sent on them is still there", async () => {
    await page.goto(`${site.base}/compose?to=grace`);
    assert.equal(await page.locator("#hold").isVisible(), false);
    await page.click("summary >> text=Options");
    await browser.checkAccess(page);
    assert.equal(await page.textContent("#zone"), zone);
    await page.fill("#to", "grace, frank");
    await page.fill("#subject", "Happy birthday");
    await page.fill("#text", "Many returns.");
    const buffer = bufferOf(new Uint8Array(70_000));
    await page.setInputFiles("#file", { name: "card.png", mimeType: "image/png", buffer });
    await waitForCount(page, "#files button", 1);
    await page.check("#burn");
    await page.selectOption("#hold", "hour");
    await page.fill("#later", "2020-01-01T09:00");
    await refusedWith(page, /choose one/);
    await browser.checkAccess(page);
    assert.equal(await page.inputValue("#hold"), "hour");
    await page.selectOption("#hold", "none");
    await refusedWith(page, /it is in the past/);
    assert.equal(await page.inputValue("#later"), "2020-01-01T09:00");
    assert.equal(await page.isChecked("#burn"), true);
    assert.match(await page.textContent("#files"), /card\.png/);
    const sent = (await frank.list("sent")).filter(({ outcome }) => outcome !== "imported");
    assert.deepEqual(sent, []); // beside the draft
  });

  await t.step("a time is the reader's own, and until then nobody has it", async () => {
    await page.fill("#later", localTime(inMonth));
    await page.click("button.first");
    await page.waitForURL("**/sent?done=held");
    assert.match(await page.textContent("#said"), /waits for its delivery/);
    const { heldUntil, burn } = await heldOf();
    assert.deepEqual([heldUntil, burn], [inMonth, true]);
    assert.equal((await grace.list()).length + (await frank.list()).length, 0);
    assert.equal(await page.locator(".row .state >> text=held").count(), 2);
    assert.match(await page.textContent(".row .waits"), /^until .*\d\d:\d\d UTC/);
    await browser.checkAccess(page);
  });

  await t.step("it is cancelled in the list, and goes on as a draft", async () => {
    await page.evaluate("globalThis.marked = true");
    await page.click(".row >> text=Cancel");
    await waitForCount(page, ".row .stop", 0);
    assert.equal(await page.evaluate("globalThis.marked"), true);
    assert.notEqual((await heldOf()).cancelledAt, null);
    await page.click(".row >> text=Happy birthday");
    await page.waitForSelector("article");
    await browser.checkAccess(page);
    await page.click("text=Edit again");
    await page.waitForSelector("#compose");
    assert.equal(await page.inputValue("#to"), "grace@mail.test, frank@mail.test");
    assert.equal(await page.inputValue("#text"), "Many returns.");
    assert.equal(await page.isChecked("#burn"), true);
    await page.uncheck("#burn");
    await page.click("button.first");
    await page.waitForURL("**/sent?done=sent");
    for (const person of [grace, frank]) {
      const [message] = await person.list();
      assert.deepEqual(message!.headers!.attachments.map(({ size }) => size), [70_000]);
      assert.match((await person.read(message!.id)).text, /Many returns\./);
    }
  });

  await t.step("who read it when is told", async () => {
    await markRead(grace, (await grace.list())[0]!.id);
    await page.goto(`${site.base}/message?id=${(await heldOf()).id}`);
    assert.match(
      (await page.textContent(".reached >> nth=0")).replace(/\s+/g, " "),
      /grace ?read\d\d:\d\d UTC/,
    );
  });

  await t.step("what went meanwhile is told of, and not taken back", async () => {
    await hold(who, { to: "grace", subject: "Too late" });
    await page.route("**/events?*", () => {}); // else the list might show it as stored before the click
    await page.goto(`${site.base}/sent`);
    await stage.server.lying(later, () => grace.list());
    await page.click(".row .stop");
    await page.waitForSelector("#said:not([hidden])");
    await page.unroute("**/events?*");
    assert.match(
      await page.textContent("#said"),
      /Cannot cancel message \d+: it does not wait for delivery/,
    );
    await page.waitForSelector(".row .state >> text=stored");
    assert.equal((await grace.list())[0]!.headers!.subject, "Too late");
    const { status, body } = await who.post(`cancel?id=${(await heldOf()).id}`);
    assert.deepEqual([status, /it does not wait for delivery/.test(body)], [409, true]);
  });

  await t.step("a list shows that what waited went", async () => {
    await hold(who, { to: "grace", subject: "On its way" });
    const other = await context.newPage();
    await other.clock.install();
    await other.goto(`${site.base}/sent`);
    await other.waitForSelector(".row .waits[data-timed]");
    await stage.server.lying(later, async () => {
      await other.clock.fastForward(3_601_000);
      await waitForCount(other, ".row .waits", 0);
    });
    await other.close();
  });

  await t.step("an answer waits, and a message that is passed on", async () => {
    await sendMany(grace, "frank", ["Plans"]);
    const id = String((await frank.list())[0]!.id);
    await hold(who, { to: "grace", subject: "Re: Plans", reply: id });
    const answer = await heldOf();
    assert.equal(answer.headers!.inReplyTo, (await frank.list())[0]!.headers!.messageId);
    await hold(who, { to: "grace", subject: "Fwd: Plans", forward: id });
    assert.equal((await heldOf()).headers!.attachments[0]!.type, "message/rfc822");
    const { body } = await who.get(`message?id=${answer.id}`);
    assert.match(body, /not delivered before/);
    assert.equal((await who.post(`file?id=${answer.id}&act=trash`)).status, 303);
    const refusal = await who.post(`delete?id=${answer.id}`, { confirmed: "yes" });
    assert.deepEqual([refusal.status, /it waits for delivery/.test(refusal.body)], [403, true]);
    assert.equal((await who.post(`take-up?id=${answer.id}`)).status, 409);
    assert.equal((await who.post(`cancel?id=${answer.id}`)).status, 303);
    const draft = await who.post(`take-up?id=${answer.id}`);
    assert.match(draft.body, new RegExp(`name="reply" value="${id}"`));
  });

  await t.step("without scripts a time is this machine's", async () => {
    const plain = await browser.context({ javaScriptEnabled: false, timezoneId: zone });
    const quiet = await enter(plain, site);
    await quiet.goto(`${site.base}/compose?to=grace`);
    await quiet.click("summary >> text=Options");
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    assert.equal(await quiet.textContent("#zone"), here);
    await quiet.fill("#later", localTime(inMonth, here));
    await quiet.click("button.first");
    await quiet.waitForURL("**/sent?done=held");
    assert.equal((await heldOf()).heldUntil, inMonth);
    await quiet.click(".row >> text=Cancel >> nth=0");
    await quiet.waitForURL("**/message?id=*");
    assert.match(await quiet.textContent("dl.fields"), /Cancelled/);
    await plain.close();
  });

  await t.step("all of it fits a narrow screen", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of ["sent", `message?id=${(await heldOf()).id}`, "compose"]) {
      await page.goto(`${site.base}/${path}`);
      if (path === "compose") await page.click("summary >> text=Options");
      const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.ok(over <= 0, `${path} is ${over} pixels too wide`);
      await browser.checkAccess(page);
    }
    assert.deepEqual(site.defects, []);
    await context.close();
  });
}

/** Sends with what a browser's form has, in an hour. */
async function hold(who: Program, fields: Readonly<Record<string, string>>): Promise<void> {
  const { head } = await who.post("send", { text: "x", hold: "hour", ...fields });
  assert.match(head, /^location: sent\?done=held\r?$/im);
}

async function refusedWith(page: Page, reason: RegExp): Promise<void> {
  await page.click("button.first");
  await page.waitForSelector("main [role=alert]");
  assert.match(await page.textContent("main [role=alert]"), reason);
}

/** As a field for a time has it: `2026-12-24T09:00`. */
function localTime(ms: number, timeZone = zone): string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  });
  return format.format(ms).replace(" ", "T");
}
