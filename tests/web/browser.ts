/** The system's Chromium, driven by playwright-core: that is installed for the tests alone, from its lock file. */
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { installedPackages } from "../support/packages.ts";

const here = new URL(".", import.meta.url).pathname;
/** The first has no windows to draw around a page: it is the same engine, and takes two thirds of the processor time. */
const programs = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What the tests use of playwright's types, which are not installed where the types are checked. */
// deno-lint-ignore no-explicit-any
type Foreign = any;
export type Page = Foreign;
export type Context = Foreign;

/** Finds it; undefined: it is not installed. */
export function findChromium(): string | undefined {
  return programs.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

export class Browser implements AsyncDisposable {
  readonly #browser: Foreign;
  readonly #axe: string;

  private constructor(browser: Foreign, axe: string) {
    this.#browser = browser;
    this.#axe = axe;
  }

  /** Starts it; every name that ends in `.evil.test` is this machine's. @throws where there is no Chromium */
  static async open(): Promise<Browser> {
    const executablePath = findChromium();
    assert.ok(executablePath, "Chromium is not installed: apt-get install chromium");
    const folder = await installedPackages(here);
    const require = createRequire(`${folder}/package.json`);
    const args = [...flags, "--host-resolver-rules=MAP *.evil.test 127.0.0.1"];
    const browser = await require("playwright-core").chromium.launch({ executablePath, args });
    const axe = await Deno.readTextFile(require.resolve("axe-core/axe.min.js"));
    return new Browser(browser, axe);
  }

  /** A person's browser, with nothing of another one's. */
  async context(options: Record<string, unknown> = {}): Promise<Context> {
    const context = await this.#browser.newContext({
      viewport: { width: 1100, height: 700 },
      timezoneId: "UTC",
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(30_000);
    return context;
  }

  /** Has axe-core look at a page. @throws where it finds anything */
  async checkAccess(page: Page): Promise<void> {
    if (!await page.evaluate("'axe' in window")) await page.evaluate(this.#axe);
    // Only what is wrong is sent from there: what is right is far more.
    const violations = await page.evaluate(
      "axe.run(document, { iframes: false, resultTypes: ['violations'] })" +
        ".then(({ violations }) => violations)",
    );
    const found = violations.map(
      ({ id, impact, nodes }: Foreign) =>
        `${impact} ${id}: ${nodes.map(({ html }: Foreign) => html).join(" | ")}`,
    );
    assert.deepEqual(found, [], await page.url());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
