/** Runs steps in a browser of their own, with people who know nothing of one another. */
import { areAllNeeded } from "../support/installed.ts";
import { Browser, findChromium } from "./browser.ts";
import { PageStage } from "./page_stage.ts";

/** What is done with the page, under one heading. */
export type Steps = (t: Deno.TestContext, stage: PageStage, browser: Browser) => Promise<void>;

/** Makes a test of these steps, by their headings; it is left out where there is no Chromium and need not be one. */
export function inChromium(name: string, headings: Readonly<Record<string, Steps>>): void {
  const ignore = findChromium() === undefined && !areAllNeeded;
  Deno.test({ name: `${name}, in Chromium`, ignore }, async (t) => {
    const [stage, browser] = await Promise.all([PageStage.open(), Browser.open()]);
    await using _stage = stage;
    await using _browser = browser;
    for (const [heading, steps] of Object.entries(headings)) {
      await t.step(heading, (t) => steps(t, stage, browser));
    }
  });
}
