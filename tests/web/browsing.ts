/** What the tests of the page do again and again in a browser. */
import { until } from "../support/person.ts";
import type { Context, Page } from "./browser.ts";
import type { OpenPage } from "./page_stage.ts";

export const nextPassword = "another horse, another battery";

/** As playwright wants bytes. */
export function bufferOf(bytes: Uint8Array): unknown {
  return Buffer.from(bytes);
}

/** Comes to a page by a link of its own. */
export async function enter(context: Context, site: OpenPage): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.link(60_000));
  await page.waitForURL(/\/(inbox|sign-in)/);
  return page;
}

/** Collects whatever a browser asks for that is not the page's. */
export function watchRequests(context: Context, site: OpenPage): string[] {
  const found: string[] = [];
  context.on("request", (request: { url(): string }) => {
    const url = request.url();
    if (!url.startsWith(`${site.base}/`) && !url.startsWith("blob:")) {
      found.push(url);
    }
  });
  return found;
}

/** Waits until so many are there; a page's own functions cannot be waited for, under its policy. */
export function waitForCount(page: Page, selector: string, count: number): Promise<void> {
  return until(
    async () => (await page.locator(selector).count()) === count,
    `${count} ${selector}`,
  );
}

/** Waits until a message is shown, and its page's scripts have run: what is typed before is typed to nobody. */
export async function waitForArticle(page: Page): Promise<void> {
  await page.waitForSelector("article");
  await page.waitForSelector("#help-button:not([hidden])");
}

/** The subjects that a list shows. */
export function subjects(page: Page): Promise<string[]> {
  return page.locator(".row .subject").allInnerTexts();
}

/** Has the browser save a file, and reads it. */
export async function download(
  page: Page,
  name: string,
): Promise<{ name: string; bytes: Uint8Array }> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(`text=${name}`)]);
  const bytes = await Deno.readFile(await file.path());
  return { name: file.suggestedFilename(), bytes: new Uint8Array(bytes) };
}
