import assert from "node:assert/strict";
import type { Mailbox } from "../../../../../src/client/mailbox.ts";
import { EventHub } from "../../../../../src/gateway/web/state/events.ts";
import {
  MailboxConnections,
  SignedOut,
} from "../../../../../src/gateway/web/state/mailbox_connections.ts";
import { told } from "../../../../../src/gateway/web/state/told.ts";
import { DraftUploads } from "../../../../../src/gateway/web/state/uploads.ts";
import { MailError } from "../../../../../src/model/errors.ts";
import { limits } from "../../../../../src/model/limits.ts";

async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

Deno.test(
  "uploads are bounded before room is made for them, and are as long as they said",
  async () => {
    const uploads = new DraftUploads();
    const add = (size: number, ...sizes: number[]) =>
      uploads.add("d", { name: "n", size }, pieces(...sizes), 10);
    await add(6, 2, 4);
    await assert.rejects(add(5, 5), { code: "too_large" });
    await assert.rejects(add(3, 2), { code: "malformed" });
    await assert.rejects(add(3, 2, 2), { code: "malformed" });
    await add(4, 4);
    assert.deepEqual(
      uploads.of("d").map(({ bytes }) => bytes.length),
      [6, 4],
    );
    uploads.remove("d", uploads.of("d")[0]!.id);
    assert.equal(uploads.of("d").length, 1);
    const most = limits.maxPageUploadBytes + 1;
    await assert.rejects(uploads.add("e", { name: "n", size: most }, pieces(), most), {
      code: "too_large",
    });
    assert.equal(uploads.of("d").length, 1);
    uploads.drop("d");
    assert.deepEqual(uploads.of("d"), []);
  },
);

Deno.test("the files of drafts that were used least make room for others", async () => {
  const uploads = new DraftUploads(10);
  const add = (draft: string, size: number) =>
    uploads.add(draft, { name: "n", size }, pieces(size), 10);
  const there = () => ["a", "b", "c"].filter((draft) => uploads.of(draft).length > 0).join("");
  await add("a", 4);
  await add("b", 4);
  await add("a", 1);
  await add("c", 5);
  assert.equal(there(), "ac");
  await add("c", 5);
  assert.equal(there(), "c");
});

Deno.test("drafts that nobody sends make room for newer ones", async () => {
  const uploads = new DraftUploads();
  for (let at = 0; at < 60; at++) {
    await uploads.add(`draft ${at}`, { name: "n", size: 1 }, pieces(1), 1);
  }
  assert.equal(uploads.of("draft 0").length, 0);
  assert.equal(uploads.of("draft 59").length, 1);
});

Deno.test("pages that are open hear of events, and only so many are open", async () => {
  const hub = new EventHub();
  const streams = Array.from({ length: limits.maxPageStreams }, () => hub.open(0)!);
  assert.equal(hub.open(0), null);
  hub.tell("well", {});
  const reader = streams[0]!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, "retry: 1000\n\n");
  assert.equal(
    (await reader.read()).value,
    `id: 0\nevent: hello\ndata: {"proof":"${hub.proof}"}\n\n`,
  );
  assert.equal((await reader.read()).value, "id: 0\nevent: well\ndata: {}\n\n");
  assert.equal((await reader.read()).value, "id: 0\nevent: well\ndata: {}\n\n");
  await reader.cancel();
  assert.equal(hub.size, limits.maxPageStreams - 1);
  for (let at = 0; at < 2_000; at++) hub.tell("well", {}); // nobody reads the others
  assert.equal(hub.size, 0);
  hub.close();
});

Deno.test("a page that opens its stream late is told that lists changed meanwhile", async () => {
  const hub = new EventHub();
  const known = hub.changes;
  hub.tell("progress", { draft: "", bytes: 1 });
  const early = hub.open(known)!.pipeThrough(new TextDecoderStream()).getReader();
  hub.tell("mail", { from: "", subject: "", outcome: "" });
  const late = hub.open(known)!.pipeThrough(new TextDecoderStream()).getReader();
  for (const [reader, name] of [[early, "mail"], [late, "change"]] as const) {
    await reader.read(); // how soon to come back
    await reader.read(); // whose stream it is
    await reader.read(); // whether there is trouble
    assert.match((await reader.read()).value!, new RegExp(`^id: 1\nevent: ${name}\n`));
    await reader.cancel();
  }
});

Deno.test("a page that is opened in an outage hears of it at once, and one opened after it of its end", async () => {
  const hub = new EventHub();
  const first = async () => {
    const reader = hub.open(hub.changes)!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read(); // how soon to come back
    await reader.read(); // whose stream it is
    const { value } = await reader.read();
    await reader.cancel();
    return value;
  };
  hub.tell("trouble", { message: "Gone" });
  assert.deepEqual([hub.trouble, await first()], [
    "Gone",
    'id: 0\nevent: trouble\ndata: {"message":"Gone"}\n\n',
  ]);
  for (const name of ["well", "end"] as const) {
    hub.tell("trouble", { message: "Gone" });
    hub.tell(name, {});
    assert.deepEqual([hub.trouble, await first()], [null, "id: 0\nevent: well\ndata: {}\n\n"]);
  }
});

Deno.test("work tells how far it is, the newest word where nobody listened, and what came of it", async () => {
  const steps = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const telling = told(async (tell: (count: number) => void) => {
    for (const [at, { promise }] of steps.entries()) {
      await promise;
      tell(2 * at);
      tell(2 * at + 1);
    }
    return "done";
  });
  const first = telling.next();
  steps[0]!.resolve();
  assert.deepEqual(await first, { value: 1, done: false });
  for (const { resolve } of steps) resolve();
  const rest: unknown[] = [];
  for (let next = await telling.next();; next = await telling.next()) {
    rest.push(next.value);
    if (next.done) break;
  }
  assert.equal(rest.pop(), "done");
  assert.ok(rest.every((count) => count === 3 || count === 5), rest.join());
  const failing = told(() => Promise.reject(new MailError("no_input", "Cannot")));
  await assert.rejects(failing.next(), { code: "no_input" });
});

Deno.test("the page opens only so many connections for files, and sees keys that were pinned aside", async () => {
  let looks = 0;
  const mailbox: Partial<Mailbox> = {
    refreshKeyring: () => void looks++,
    account: () => Promise.resolve({} as Awaited<ReturnType<Mailbox["account"]>>),
    reopen: () => Promise.resolve({ ...mailbox } as Mailbox),
    close: () => {},
    finish: () => Promise.resolve(),
  };
  const connections = new MailboxConnections(mailbox as Mailbox);
  await connections.ask(() => Promise.resolve());
  assert.equal(looks, 0);
  const lent = await Promise.all(
    Array.from({ length: limits.maxPageDownloads }, () => connections.lend()),
  );
  await assert.rejects(connections.lend(), { code: "try_later" });
  connections.giveBack(lent[0]!);
  await connections.lend();
  await connections.ask(() => Promise.resolve());
  assert.equal(looks, 1);
});

Deno.test("the page ends where a new connection is refused, and not where there is none", async () => {
  for (const [code, isEnd] of [["denied", true], ["unavailable", false]] as const) {
    const mailbox: Partial<Mailbox> = {
      account: () => Promise.reject(new MailError(code, "Cannot")),
      reopen: () => Promise.resolve(mailbox as Mailbox),
      close: () => {},
    };
    const connections = new MailboxConnections(mailbox as Mailbox);
    const asked = connections.ask(() => Promise.reject(new MailError("unavailable", "Cannot")));
    await assert.rejects(asked, isEnd ? SignedOut : { code });
  }
});
