/** The page in a real browser: one Chromium, with people who know nothing of one another. */
import { useAccount } from "./account_steps.ts";
import { Browser } from "./browser.ts";
import { readBurning } from "./burn_steps.ts";
import { readConversations } from "./conversation_steps.ts";
import { readHostileMail } from "./hostile_mail_steps.ts";
import { sendLater } from "./later_steps.ts";
import { useMailbox } from "./mailbox_steps.ts";
import { PageStage } from "./page_stage.ts";
import { readPictures } from "./related_steps.ts";
import { signInAndOut } from "./sign_in_steps.ts";

Deno.test("the page, in Chromium", async (t) => {
  const [stage, browser] = await Promise.all([PageStage.open(), Browser.open()]);
  await using _stage = stage;
  await using _browser = browser;
  await t.step("a mailbox", (t) => useMailbox(t, stage, browser));
  await t.step("mail that goes later", (t) => sendLater(t, stage, browser));
  await t.step("mail that burns", (t) => readBurning(t, stage, browser));
  await t.step("an account", (t) => useAccount(t, stage, browser));
  await t.step("conversations", (t) => readConversations(t, stage, browser));
  await t.step("signing in and out", (t) => signInAndOut(t, stage, browser));
  await t.step("pictures in HTML", (t) => readPictures(t, stage, browser));
  await t.step("hostile mail", (t) => readHostileMail(t, stage, browser));
});
