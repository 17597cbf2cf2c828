/** What opens an account: its keys, the recovery code, passwords of programs. */
import assert from "node:assert/strict";
import { recover } from "../../src/client/account/recovery.ts";
import { passwordHere, type PersonHere } from "../support/account_here.ts";
import { until } from "../support/person.ts";
import type { Browser, Page } from "./browser.ts";
import { enter, nextPassword } from "./browsing.ts";
import { sendMany } from "./letters.ts";
import type { PageStage, Program } from "./page_stage.ts";

export async function useAccount(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const [kim, lou] = (await stage.people("kim", "lou")) as [PersonHere, PersonHere];
  const site = await stage.page(kim);
  const narrow = { width: 320, height: 640 };
  const context = await browser.context({ viewport: narrow, colorScheme: "dark" });
  const page = await enter(context, site);
  const who = await site.enter();

  await t.step("a password of a program is shown once, listed, and revoked", async () => {
    await unfold(page, site.base, "Make an application password");
    await page.fill("#label", "Scanner");
    await page.selectOption("#scope", "bridge");
    await page.fill("#app-secret", "not this one");
    await page.click("text=Make it");
    await page.waitForSelector("main [role=alert]");
    assert.match(await page.textContent("main [role=alert]"), /the name or password is wrong/);
    assert.equal(await page.inputValue("#label"), "Scanner"); // its form is not folded then
    assert.equal(await page.inputValue("#scope"), "bridge");
    await page.selectOption("#scope", "smtp");
    await page.fill("#app-secret", passwordHere);
    const password = await shownOnce(page, browser, "Make it");
    const holds = () => kim.with((mailbox) => mailbox.checkAppPassword("smtp", password));
    assert.equal(await holds(), true);
    await page.click("text=I have saved it");
    assert.ok(!(await page.content()).includes(password));
    assert.match(await page.textContent("main"), /Scanner\s*sends mail/);
    await page.click("text=Revoke");
    await page.waitForURL("**/account?done=revoked");
    assert.equal(await holds(), false);
    assert.equal(await page.locator("text=Scanner").count(), 0);
  });

  await t.step(
    "a recovery code ends with the keys, and the page goes on with new ones",
    async () => {
      await unfold(page, site.base, "In case you lose the password");
      await page.fill("#recovery-secret", passwordHere);
      await shownOnce(page, browser, "Make a code");
      const before = await kim.fingerprint();
      await unfold(page, site.base, "Replace them with new keys");
      await page.fill("#keys-secret", "not this one");
      await page.click("text=Make new keys");
      await page.waitForSelector("main [role=alert]");
      await browser.checkAccess(page);
      assert.equal(await kim.fingerprint(), before);
      await page.fill("#keys-secret", passwordHere);
      await page.click("text=Make new keys");
      await page.waitForURL("**/account?done=keys-recovery");
      assert.match(await page.textContent("#said"), /keys are replaced.*recovery code has ended/);
      const after = await kim.fingerprint();
      assert.notEqual(after, before);
      assert.match(await page.textContent("dl.fields"), new RegExp(after));
      const send = async (route: { continue(): Promise<void> }) => {
        const before = await changesOf(who);
        await sendMany(lou, "kim", ["To the new keys"]); // the page does not listen yet
        await until(async () => await changesOf(who) !== before, "the mail");
        await route.continue();
      };
      await page.route("**/events?*", send, { times: 1 });
      await page.goto(`${site.base}/inbox`);
      await page.click(".row >> text=To the new keys");
      assert.equal(await page.textContent("pre.text"), "The text of To the new keys.\n");
    },
  );

  await t.step("a page that may not listen just now tries again, as it says", async () => {
    const refuse = (route: { fulfill(answer: { status: number }): Promise<void> }) =>
      route.fulfill({ status: 503 });
    await page.goto("about:blank"); // the page before may only now begin to listen
    await page.route("**/events?*", refuse, { times: 1 });
    await page.goto(`${site.base}/inbox`);
    await page.waitForSelector("#trouble >> text=Trying again");
    await sendMany(lou, "kim", ["Heard again"]);
    await page.waitForSelector(".row >> text=Heard again");
    await page.waitForSelector("#trouble", { state: "hidden" });
  });

  await t.step("a recovery code opens the account, until it is ended", async () => {
    const ask = async (act: string) => {
      await unfold(page, site.base, "In case you lose the password");
      await page.fill("#recovery-secret", passwordHere);
      return act === "Make a code" ? await shownOnce(page, browser, act) : await page.click(
        `text=${act}`,
      );
    };
    const first = await ask("Make a code");
    await ask("End the current code");
    await page.waitForURL("**/account?done=no-recovery");
    const newPassword = () => Promise.resolve(nextPassword);
    const by = (code: string) =>
      recover({ ...kim.options, code: () => Promise.resolve(code), newPassword });
    await assert.rejects(by(first), { code: "denied" });
    const second = await ask("Make a code");
    assert.equal((await by(second)).address, "kim@mail.test");
    // The sessions end, but nothing leaves a page that is shown once.
    await page.waitForSelector("#trouble:not([hidden])");
    assert.equal(await page.textContent(".secret code"), second);
    assert.deepEqual(site.defects, []);
  });
  await context.close();
}

/** How often lists have changed. */
async function changesOf(who: Program): Promise<string | undefined> {
  return /data-changes="(\d+)"/.exec((await who.get("account")).body)?.[1];
}

async function unfold(page: Page, base: string, summary: string): Promise<void> {
  await page.goto(`${base}/account`);
  await page.click(`summary >> text=${summary}`);
  await requireFitting(page);
}

async function requireFitting(page: Page): Promise<void> {
  const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  assert.ok(over <= 0, `${over} pixels too wide`);
}

/** Presses a button twice, as some people do, and reads what is shown for it. */
async function shownOnce(page: Page, browser: Browser, button: string): Promise<string> {
  await browser.checkAccess(page);
  const [response] = await Promise.all([
    page.waitForResponse((each: { request(): { method(): string } }) =>
      each.request().method() === "POST"
    ),
    page.locator(`text=${button}`).evaluate((element: { click(): void }) => {
      element.click();
      setTimeout(() => element.click(), 5);
    }),
  ]);
  assert.equal((await response.allHeaders())["cache-control"], "no-store");
  await page.waitForSelector(".secret");
  await requireFitting(page);
  await browser.checkAccess(page);
  return await page.textContent(".secret code");
}
