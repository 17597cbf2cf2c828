import assert from "node:assert/strict";
import type { Mailbox } from "../../../../../src/client/mailbox.ts";
import type { ListedMessage } from "../../../../../src/client/reading/opened_entry.ts";
import { EventHub } from "../../../../../src/gateway/web/state/events.ts";
import {
  MailboxConnections,
  SignedOut,
} from "../../../../../src/gateway/web/state/mailbox_connections.ts";
import { matches, search, searchWords } from "../../../../../src/gateway/web/state/search.ts";
import { DraftUploads } from "../../../../../src/gateway/web/state/uploads.ts";
import { MailError } from "../../../../../src/model/errors.ts";
import { type EntryId, entryId } from "../../../../../src/model/ids.ts";
import { limits } from "../../../../../src/model/limits.ts";
import { listedMessage } from "../../../../support/listed_message.ts";

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
    const most = limits.maxPageUploadBytes;
    await assert.rejects(uploads.add("e", { name: "n", size: most }, pieces(), most), {
      code: "too_large",
    });
    uploads.drop("d");
    assert.deepEqual(uploads.of("d"), []);
  },
);

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
  assert.equal((await reader.read()).value, "event: well\ndata: {}\n\n");
  assert.equal((await reader.read()).value, "event: well\ndata: {}\n\n");
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
    await reader.read(); // whether there is trouble
    assert.match((await reader.read()).value!, new RegExp(`^event: ${name}\n`));
    await reader.cancel();
  }
});

Deno.test("a page that is opened in an outage hears of it at once, and one opened after it of its end", async () => {
  const hub = new EventHub();
  const first = async () => {
    const reader = hub.open(hub.changes)!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    const { value } = await reader.read();
    await reader.cancel();
    return value;
  };
  hub.tell("trouble", { message: "Gone" });
  assert.deepEqual([hub.trouble, await first()], [
    "Gone",
    'event: trouble\ndata: {"message":"Gone"}\n\n',
  ]);
  for (const name of ["well", "end"] as const) {
    hub.tell("trouble", { message: "Gone" });
    hub.tell(name, {});
    assert.deepEqual([hub.trouble, await first()], [null, "event: well\ndata: {}\n\n"]);
  }
});

const message = (id: EntryId, subject: string): ListedMessage => {
  const listed = listedMessage({});
  return { ...listed, id, headers: { ...listed.headers!, subject } };
};

Deno.test("search compares as people do, and every word has to be there", () => {
  const { headers } = message(entryId(1), "Die Größe des CAFÉS");
  const found = (text: string) =>
    matches({ ...message(entryId(1), headers!.subject) }, searchWords(text));
  for (const text of ["cafes", "CAFE\u0301", "größe die", ""]) assert.ok(found(text), text);
  for (const text of ["tea", "cafes tea"]) assert.ok(!found(text), text);
});

Deno.test(
  "search stops when it found enough or looked at enough, and tells where it goes on",
  async () => {
    const box = Array.from(
      { length: 12_000 },
      (_, at) => message(entryId(12_000 - at), `n${12_000 - at}`),
    );
    const list = (before = Infinity, limit: number) =>
      Promise.resolve({
        total: box.length,
        unread: 0,
        messages: box.filter(({ id }) => id < before).slice(0, limit),
      });
    const run = async (words: string[], before?: number, most = 3) => {
      const ids: number[] = [];
      const results = search(list, { words, before, most });
      for (;;) {
        const { value, done } = await results.next();
        if (done) return { ids, end: value };
        ids.push(value.id);
      }
    };
    assert.deepEqual(await run(["n11"]), {
      ids: [11_999, 11_998, 11_997],
      end: { found: 3, looked: 4, before: 11_997 },
    });
    assert.deepEqual(await run(["zzz"]), {
      ids: [],
      end: { found: 0, looked: 5_000, before: 7_001 },
    });
    assert.deepEqual(await run(["zzz"], 7_001), {
      ids: [],
      end: { found: 0, looked: 5_000, before: 2_001 },
    });
    assert.deepEqual(await run(["zzz"], 2_001), {
      ids: [],
      end: { found: 0, looked: 2_000, before: null },
    });
  },
);

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
