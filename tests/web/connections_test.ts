/** Strangers who ask the page for something, and a browser that leaves in the middle. */
import assert from "node:assert/strict";
import { Mailbox } from "../../src/client/mailbox.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { deadline } from "../support/deadline.ts";
import { until } from "../support/person.ts";
import { ask, PageStage, type Program } from "./page_stage.ts";

Deno.test("strangers' requests do not keep a page from ending that nobody looks at", async () => {
  await using stage = await PageStage.open();
  const page = await stage.page(null, 200);
  let isOver = false;
  page.over.then(() => isOver = true);
  const asking = (async () => {
    while (!isOver) await ask(page.authority, { target: "/" }).catch(() => {});
  })();
  await deadline(page.over, 60_000, "it goes on");
  await asking;
});

Deno.test("a form that is cut off does nothing, and a send whose browser leaves happens once", async () => {
  await using stage = await PageStage.open();
  const [alice] = await stage.people("alice");
  const page = await stage.page(alice!);
  const who = await page.enter();
  const fields = {
    draft: "d".repeat(43),
    writer: "w".repeat(43),
    to: "alice",
    subject: "Cut",
  };
  const form = new URLSearchParams({ ...fields, text: "whole" }).toString();
  const cut = await say(who, form.slice(0, -1), form.length);
  cut.close();
  const left = await say(who, form, form.length);
  left.close(); // before the answer
  await until(
    async () => (await alice!.list("sent")).length === 1,
    "the message",
  );
  const again = await who.post("send", { ...fields, text: "whole" });
  assert.match(again.head, /^location: sent\?done=sent\r?$/im);
  assert.equal((await alice!.list("sent")).length, 1);
  assert.deepEqual(page.defects, []);
});

Deno.test("a search ends when its browser leaves, and only then", async () => {
  await using stage = await PageStage.open();
  const [alice] = await stage.people("alice");
  const page = await stage.page(alice!);
  const who = await page.enter();
  const { search, close } = Mailbox.prototype;
  const closed = Promise.withResolvers<void>();
  const searching: Mailbox[] = [];
  try {
    Mailbox.prototype.search = function (options) {
      searching.push(this);
      return searching.length === 1
        ? closed.promise.then(() => search.call(this, options))
        : search.call(this, options);
    };
    Mailbox.prototype.close = function () {
      if (this === searching[0]) closed.resolve();
      close.call(this);
    };
    const asked = await fetch(`${page.base}/search?q=x`, { headers: { cookie: who.cookie } });
    await until(() => Promise.resolve(searching.length === 1), "the search");
    await asked.body!.cancel();
    await deadline(closed.promise, 60_000, "it goes on");
    assert.match((await who.get("search?q=x")).body, /id="search-end"/);
  } finally {
    Object.assign(Mailbox.prototype, { search, close });
  }
  assert.deepEqual(page.defects, []);
});

/** Begins to send a form of the page, on a connection of its own. */
async function say(
  { page, prefix, cookie, token }: Program,
  form: string,
  length: number,
) {
  const [hostname = "", port] = page.authority.split(":");
  const socket = await Deno.connect({ hostname, port: Number(port) });
  const head = {
    host: page.authority,
    origin: `http://${page.authority}`,
    cookie,
    "x-token": token,
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(length),
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await socket.write(
    utf8(`POST ${prefix}/send HTTP/1.1\r\n${lines}\r\n${form}`),
  );
  return socket;
}
