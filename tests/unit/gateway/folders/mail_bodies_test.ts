/** Bodies that are asked for together: they travel together, and each is told or refused by itself. */
import assert from "node:assert/strict";
import type { Mailbox } from "../../../../src/client/mailbox.ts";
import { openMailbox } from "../../../../src/client/open_mailbox.ts";
import type { ReconnectingMailbox } from "../../../../src/client/watching/reconnecting_mailbox.ts";
import { AccountFolders } from "../../../../src/gateway/folders/account_folders.ts";
import type { FiledMail } from "../../../../src/gateway/folders/folder_state.ts";
import { MailBodies } from "../../../../src/gateway/folders/mail_bodies.ts";
import { byteString } from "../../../../src/mime/byte_string.ts";
import { concatBytes, utf8 } from "../../../../src/model/bytes.ts";
import { limits } from "../../../../src/model/limits.ts";
import { mimeBytes } from "../../../../src/model/size.ts";
import { flipped, type Lies } from "../../../support/hostile_server.ts";
import { type FoldersStage, mail, onFolders, textOf } from "../../../support/folders_stage.ts";

const count = 40;

function textNumber(at: number): string {
  return `Subject: ${at}\r\n\r\n${"x".repeat(at)}\r\n`;
}

async function filled({ a }: FoldersStage): Promise<void> {
  for (let at = 0; at < count; at++) await a.append("inbox", mail(textNumber(at)));
  await a.facts(a.messages("inbox"));
}

/** What each message is shown as, or why it is not. */
async function readAll({ a }: Pick<FoldersStage, "a">): Promise<string[]> {
  const reading = a.messages("inbox").map((message) => textOf(a, message));
  const read = await Promise.allSettled(reading);
  return read.map((each) => each.status === "fulfilled" ? each.value : each.reason.code);
}

/** Makes other bytes of bodies, or fails, each time one is asked for. */
function bodies(change: (id: number, body: Uint8Array) => Uint8Array): Lies {
  return {
    body: (honest) =>
      async function* (account, id) {
        for await (const chunk of honest.body(account, id)) yield change(id, chunk);
      },
  };
}

Deno.test("messages that are asked for together are opened once each", () =>
  onFolders(async (stage) => {
    await filled(stage);
    const opened: number[] = [];
    const noting = bodies((id, body) => {
      opened.push(id);
      return body;
    });
    await stage.server.lying(noting, async () => {
      const [first, second] = await Promise.all([readAll(stage), readAll(stage)]);
      assert.deepEqual(first, Array.from({ length: count }, (_, at) => textNumber(at)));
      assert.deepEqual(second, first);
    });
    assert.deepEqual(opened, stage.a.messages("inbox").map(({ id }) => id));
  }));

Deno.test("a program that goes through a folder has each body opened once, and no note's", () =>
  onFolders(async (stage) => {
    const { a, alice } = stage;
    await filled(stage);
    const draft = { to: ["bob"], cc: [], bcc: [], subject: "b", attachments: [], body: utf8("b") };
    await alice.with((mailbox) => mailbox.send({ ...draft, burn: true }));
    await a.refresh();
    const opened: number[] = [];
    const noting = bodies((id, body) => {
      opened.push(id);
      return body;
    });
    const read: string[] = [];
    await stage.server.lying(noting, async () => {
      for (const message of a.messages("inbox")) read.push(await textOf(a, message));
    });
    assert.deepEqual(
      read.slice(0, count),
      Array.from({ length: count }, (_, at) => textNumber(at)),
    );
    assert.deepEqual(opened, a.messages("inbox").slice(0, count).map(({ id }) => id));
  }));

/** What servers allow, unless told otherwise. */
const largest = mimeBytes(limits.maxMessageBytes);

const sizes = [["largest", largest, 1], ["next", largest + 1, 4]] as const;

for (const [name, bytes, times] of sizes) {
  Deno.test(`a message of the ${name} size comes right in four pieces, and is opened ${times} times`, () =>
    onFolders(async (stage) => {
      const { a } = stage;
      const header = "Subject: large\r\n\r\n";
      const source = (header + "0123456789abcde\n".repeat(bytes / 16)).slice(0, bytes);
      await a.append("inbox", mail(source));
      const [message] = a.messages("inbox");
      let opened = 0;
      const noting: Lies = { body: (honest) => (...query) => (opened++, honest.body(...query)) };
      await stage.server.lying(noting, async () => {
        for (const from of [0, 1_000_000, bytes - 50, bytes + 1]) {
          const expected = source.slice(from, from + 100);
          assert.equal(await textOf(a, message!, from, from + 100), expected);
        }
      });
      assert.equal(opened, times);
    }));
}

Deno.test("a reader that takes its time holds a piece of a message, and goes on where it was put out", () =>
  onFolders(async (stage) => {
    const { a } = stage;
    const lines = "0123456789abcde\n".repeat(Math.ceil(largest / 32));
    const texts = ["first", "second"].map((subject) => `Subject: ${subject}\r\n\r\n${lines}`);
    for (const text of texts) await a.append("inbox", mail(text)); // there is no room for both
    const [first, second] = a.messages("inbox");
    const opened: number[] = [];
    const noting = bodies((id, body) => {
      if (opened.at(-1) !== id) opened.push(id);
      return body;
    });
    await stage.server.lying(noting, async () => {
      const reading = a.content(first!)[Symbol.asyncIterator]();
      const { value: begun } = await reading.next();
      assert.ok(begun);
      assert.ok(begun.buffer.byteLength <= 64 * 1024, `${begun.buffer.byteLength} bytes`);
      assert.ok(await textOf(a, second!) === texts[1]);
      const pieces = [begun];
      for (let next = await reading.next(); !next.done; next = await reading.next()) {
        pieces.push(next.value.slice());
      }
      assert.ok(byteString(concatBytes(pieces)) === texts[0]);
    });
    assert.deepEqual(opened, [first!.id, second!.id, first!.id]);
  }));

Deno.test("a body that was altered is refused by itself, wherever it is altered", () =>
  onFolders(async (stage) => {
    await filled(stage);
    const altered = new Map([[2, 20], [3, -20], [17, 20], [40, -20]]);
    const lying = bodies((id, body) => {
      const at = altered.get(id);
      return at === undefined ? body : flipped(body, (at + body.length) % body.length);
    });
    await stage.server.lying(lying, async () => {
      const expected = Array.from(
        { length: count },
        (_, at) => altered.has(at + 1) ? "bad_signature" : textNumber(at),
      );
      assert.deepEqual(await readAll(stage), expected);
    });
    assert.equal((await readAll(stage))[2], textNumber(2), "it is asked for again");
  }));

Deno.test("where the connection is lost, what had not come is asked for on a new one", () =>
  onFolders(async (stage) => {
    await filled(stage);
    const connections: Mailbox[] = [];
    const open = async () => {
      const mailbox = await openMailbox(stage.bob.options);
      connections.push(mailbox);
      return mailbox;
    };
    const onTrouble = (error: unknown) => void stage.trouble.push(error);
    const a = await AccountFolders.open({ open, now: Date.now, onTrouble });
    const opened: number[] = [];
    const losing = bodies((id, body) => {
      opened.push(id);
      if (id === 20 && opened.length < count) connections[0]!.close();
      return body;
    });
    try {
      await a.facts(a.messages("inbox"));
      await stage.server.lying(losing, async () => {
        const expected = Array.from({ length: count }, (_, at) => textNumber(at));
        assert.deepEqual(await readAll({ a }), expected);
      });
    } finally {
      a.close();
    }
    assert.ok(opened.length > count, "some were asked for twice");
    assert.equal(opened.lastIndexOf(1), 0, "what had come was not");
  }));

Deno.test("a message that was opened anew, and is shorter, gives no reader empty pieces", async () => {
  const texts = [200_000, largest - 100_000, 10].map((bytes) => utf8("x".repeat(bytes)));
  const opened = texts.map((source) => ({
    outcome: "imported",
    origin: { kind: "import" },
    encodedBytes: source.length,
    source: () => ReadableStream.from([source]),
  }));
  const one = { openAll: () => Promise.resolve([Promise.resolve(opened.shift())]) };
  const steady = {
    ask: (work: (mailbox: unknown) => unknown) => work(one),
    open: () => Promise.reject(new Error("the rest is asked for")),
  };
  const bodies = new MailBodies(steady as unknown as ReconnectingMailbox);
  const mail = (uid: number) => ({ id: uid, uid, sealedBytes: 1 }) as FiledMail;
  const reading = bodies.content(mail(1), 0, Infinity);
  await reading.next();
  await bodies.whole(mail(2)); // there is no room for both
  await bodies.whole(mail(1));
  await assert.rejects(reading.next(), { message: "the rest is asked for" });
});
