/** Signing in, out, and away for good. */
import assert from "node:assert/strict";
import { passwordHere, type PersonHere } from "../support/account_here.ts";
import type { Browser, Page } from "./browser.ts";
import { enter, nextPassword } from "./browsing.ts";
import type { PageStage } from "./page_stage.ts";
import { asAccountName } from "../../src/model/address.ts";

export async function signInAndOut(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const [dave] = (await stage.people("dave")) as [PersonHere];
  const site = await stage.page(null);
  const page = await enter(await browser.context(), site);

  await t.step("a server that is not known is asked about, with its fingerprint", async () => {
    await page.waitForURL("**/sign-in");
    await browser.checkAccess(page);
    await page.check("[name=keep]");
    await signIn(page, "wrong password");
    await page.waitForSelector("main [role=alert]");
    const fingerprint = stage.server.trusted.split("#")[1]!;
    assert.match(await page.textContent("main [role=alert]"), new RegExp(fingerprint));
    await browser.checkAccess(page);
  });

  await t.step("a wrong password is refused, the right one lets in", async () => {
    await page.check("text=The server's administrator confirmed this fingerprint");
    await signIn(page, "wrong password");
    await page.waitForSelector("main [role=alert]");
    assert.match(await page.textContent("main [role=alert]"), /the name or password is wrong/);
    assert.equal(await page.isChecked("[name=keep]"), true);
    await page.uncheck("[name=keep]");
    await signIn(page, passwordHere);
    await page.waitForURL("**/inbox");
    assert.equal(
      await Deno.stat(`${stage.folder}/nobody/logins.json`).then(
        () => true,
        () => false,
      ),
      false,
    );
  });

  await t.step("signing out forgets, and signing in may save for commands too", async () => {
    await page.goto(`${site.base}/account`);
    await page.click("text=Sign out");
    await page.waitForSelector("text=Signed out");
    await page.goto(`${site.base}/inbox`);
    await page.waitForURL("**/sign-in");
    await page.fill("#server", stage.server.trusted);
    await page.check("[name=keep]");
    await signIn(page, passwordHere);
    await page.waitForURL("**/inbox");
    assert.match(await Deno.readTextFile(`${stage.folder}/nobody/logins.json`), /"dave@mail.test"/);
  });

  await t.step(
    "whoever signs out stays out, also where a login is saved, until it is wished for",
    async () => {
      const own = await stage.page(dave);
      const other = await enter(await browser.context(), own);
      await other.goto(`${own.base}/account`);
      await other.click("text=Sign out");
      await other.waitForSelector("text=Signed out");
      await other.goto(`${own.base}/inbox`);
      await other.waitForURL("**/sign-in");
      await browser.checkAccess(other);
      await other.click("text=Use the saved login");
      await other.waitForURL("**/inbox");
      await other.goto(`${own.base}/account`);
      await other.check("[name=forget]");
      await other.click("text=Sign out");
      await other.waitForSelector("text=Signed out");
      const logins = await Deno.readTextFile(`${stage.folder}/dave/logins.json`);
      assert.deepEqual(JSON.parse(logins), []);
    },
  );

  await t.step("whose login is revoked with the password elsewhere is signed out", async () => {
    const { changePassword } = await import("../../src/client/account/change_password.ts");
    const newPassword = () => Promise.resolve(nextPassword);
    await page.click("#help-button");
    await page.click("text=Close"); // which is a form too, but leads nowhere
    const stopped = await page.context().newPage();
    await stopped.goto(`${site.base}/inbox`);
    const stop = (route: { fulfill(answer: unknown): void }) => route.fulfill({ status: 204 });
    await stopped.route("**/search?*", stop);
    await stopped.fill("#q", "What somebody stops");
    await Promise.all([stopped.waitForResponse("**/search?*"), stopped.keyboard.press("Enter")]);
    await changePassword({ ...dave.options, newPassword, revokesDevices: true });
    await stopped.waitForSelector("#trouble >> text=You are signed out. Load the page again.");
    await stopped.close();
    await page.waitForURL("**/sign-in*");
    assert.match(
      await page.textContent("main [role=alert]"),
      /You were signed out: the password was changed, the login was revoked, or the account was deleted/,
    );
  });

  await t.step(
    "an account is deleted by its name and password, and then nobody is signed in",
    async () => {
      await page.fill("#server", stage.server.trusted);
      await signIn(page, nextPassword);
      await page.waitForURL("**/inbox");
      await page.goto(`${site.base}/account`);
      await page.click("text=Delete it for good");
      await page.fill("#typed", "Dave");
      await page.fill("#secret", nextPassword);
      await page.click("text=Delete dave@mail.test");
      await page.waitForSelector("main [role=alert]");
      assert.match(await page.textContent("main [role=alert]"), /you did not type its name/);
      await page.click("text=Delete it for good");
      await page.fill("#typed", "dave");
      await page.fill("#secret", nextPassword);
      await page.click("text=Delete dave@mail.test");
      await page.waitForSelector("text=dave@mail.test is deleted");
      assert.equal(await stage.server.store.findAccount(asAccountName("dave")), null);
      await page.goto(`${site.base}/inbox`);
      await page.waitForURL("**/sign-in*");
      assert.deepEqual(site.defects, []);
    },
  );
}

async function signIn(page: Page, secret: string): Promise<void> {
  await page.fill("#name", "dave");
  await page.fill("#secret", secret);
  await page.click("button.first");
}
