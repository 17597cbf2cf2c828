/** Whoever takes the page's port when it has ended, while a window of it is still open. */
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { areAllNeeded } from "../support/installed.ts";
import { PageProcess } from "../support/page_process.ts";
import { type Person, Stage, until } from "../support/person.ts";
import { Browser, findChromium, type Page } from "./browser.ts";

Deno.test({
  name: "a window that is left open tells nothing to whoever takes the port, in Chromium",
  ignore: findChromium() === undefined && !areAllNeeded,
  async fn(t) {
    await using stage = new Stage();
    await using browser = await Browser.open();
    const server = await stage.server();
    const [alice] = (await stage.people(server, "alice")) as [Person];
    const env = { MAILCTL_SERVER: server.address };
    const nobody = () => stage.home("nobody").start(["web", "--no-open"], { env });
    const open = async (program: PageProcess) => {
      const page: Page = await (await browser.context()).newPage();
      await page.goto(program.link);
      await page.waitForURL(/\/(inbox|sign-in)/);
      return page;
    };

    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await t.step(`what is written, after ${signal}`, async () => {
        await using program = await PageProcess.start(alice, "--no-open");
        const page = await open(program);
        await page.click("text=Compose");
        await page.waitForSelector("#help-button:not([hidden])");
        await page.fill("#text", "Before");
        await page.waitForSelector("text=Draft saved");
        await program.end(signal);
        await using squatter = new Squatter(program.link);
        await until(() => isOver(page), "a word of it");
        await page.fill("#text", "Only for Bob");
        await page.fill("#to", "bob");
        await page.click(".actions >> text=Send");
        await page.click("nav >> text=Inbox");
        await page.locator("#kept").click();
        await page.keyboard.press("i");
        await page.waitForSelector("text=The draft cannot be saved: mailctl web does not answer");
        assert.equal(await page.inputValue("#text"), "Only for Bob");
        assert.deepEqual(squatter.asked.filter((asked) => !/^GET \S+\/events/.test(asked)), []);
        await page.context().close();
      });
    }

    await t.step("a password", async () => {
      await using program = await PageProcess.of(nobody());
      const page = await open(program);
      await page.waitForSelector("#help-button:not([hidden])");
      await program.end("SIGKILL");
      await using squatter = new Squatter(program.link);
      await until(() => isOver(page), "a word of it");
      await page.fill("#name", "alice");
      await page.fill("#secret", "correct horse battery staple");
      await page.click("button.first");
      await page.waitForSelector("text=Cannot do that: mailctl web does not answer");
      assert.deepEqual(squatter.asked.filter((asked) => !/^GET \S+\/events/.test(asked)), []);
      await page.context().close();
    });

    await t.step("nothing for the next page at the same port", async () => {
      const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const at = ["--no-open", "--port", `${free.addr.port}`];
      free.close();
      const context = await browser.context();
      const hears = (page: Page): Promise<boolean> =>
        page.evaluate(`navigator.locks.query().then(({ held }) =>
          held.some(({ name }) => name === "events " + document.body.dataset.proof))`);
      for (
        const _ of ["a program that is killed", "the next one, beside the window of the first"]
      ) {
        const program = await PageProcess.start(alice, ...at);
        const page: Page = await context.newPage();
        await page.goto(program.link);
        await page.waitForURL(/\/(inbox|sign-in)/);
        await until(() => hears(page), "its own events");
        await program.end("SIGKILL");
      }
      await context.close();
    });
  },
});

async function isOver(page: Page): Promise<boolean> {
  return /mailctl web has ended/.test(await page.textContent("#trouble"));
}

/** Answers as a page would, and keeps what it hears. */
class Squatter implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server: Deno.HttpServer;

  constructor(link: string) {
    const { hostname, port } = new URL(link);
    const options = { hostname, port: Number(port), onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  async #answer(request: Request): Promise<Response> {
    this.asked.push(`${request.method} ${request.url} ${await request.text()}`);
    if (request.headers.get("accept") !== "text/event-stream") return new Response("<p>Mine");
    const events = ["hello", "well", "end"].map((name) => `event: ${name}\ndata: {}\n\n`).join("");
    const body = new ReadableStream({ start: (to) => to.enqueue(utf8(events)) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
