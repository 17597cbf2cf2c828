/** Pictures of the page for README.md and docs/web.md, written where golden files are (`GOLDEN=write`), and else only compared in size. */
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import type { PersonHere } from "../support/account_here.ts";
import type { Browser, Page } from "./browser.ts";
import { enter, waitForCount } from "./browsing.ts";
import { markRead, sendMade, sendMany } from "./letters.ts";
import type { PageStage } from "./page_stage.ts";

const folder = new URL("./screenshots/", import.meta.url).pathname;
const maxBytes = 100_000;

/** A mailbox as people have them, as it is shown in the README. */
export async function takePictures(stage: PageStage, browser: Browser): Promise<void> {
  const [nora, ops] = (await stage.people("nora", "ops")) as [PersonHere, PersonHere];
  await sendMany(ops, "nora", ["Backup: 0", "Minutes of Tuesday", "Deploy 42?"]);
  await sendMade(ops, nora, "The new room", {
    fields: "Subject: The new room\r\nContent-Type: text/plain; charset=utf-8",
    body: "Dear all,\r\n\r\nfrom Monday on we meet in the room behind the library.\r\n\r\nOps\r\n",
  });
  await nora.with(async (mailbox) => {
    await mailbox.accept(await mailbox.compare("ops"), { verified: true });
    const answer = { to: ["ops"], cc: [], bcc: [], subject: "Re: The new room", attachments: [] };
    await mailbox.send({ ...answer, body: utf8("Who has the key?\n"), replyTo: entryId(4) });
  });
  for (const id of [1, 2]) await markRead(nora, id);
  const site = await stage.page(nora);
  for (
    const [name, height, show] of [["inbox", 520, showInbox], [
      "message",
      640,
      showMessage,
    ]] as const
  ) {
    const context = await browser.context({ viewport: { width: 900, height } });
    const page = await enter(context, site);
    await show(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await holdToPicture(page, `${name}-${colorScheme}`);
    }
    await context.close();
  }
  await site.stop();
}

async function showInbox(page: Page): Promise<void> {
  await waitForCount(page, ".row", 4);
}

async function showMessage(page: Page): Promise<void> {
  await page.click("text=The new room");
  await page.waitForSelector("#conversation .row");
}

/** Holds what a page shows to its picture: one that is there, of the same size and not too large. */
async function holdToPicture(page: Page, name: string): Promise<void> {
  const path = `${folder}${name}.png`;
  const picture = new Uint8Array(await page.screenshot({ animations: "disabled" }));
  assert.ok(picture.length < maxBytes, `${name}.png has ${picture.length} bytes`);
  if (Deno.env.get("GOLDEN") === "write") {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.writeFile(path, picture);
  }
  assert.deepEqual(
    sizeOf(picture),
    sizeOf(await Deno.readFile(path)),
    `${name}.png (GOLDEN=write)`,
  );
}

/** Width and height: the header of a PNG. */
function sizeOf(png: Uint8Array): number[] {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}
