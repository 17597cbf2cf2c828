/** What the search index has of bodies is what opening them finds, or nothing: so SEARCH may go by either. */
import assert from "node:assert/strict";
import { readMessageTexts } from "../../../../src/client/searching/message_texts.ts";
import { parseQuery } from "../../../../src/client/searching/query.ts";
import type { AccountFolders } from "../../../../src/gateway/folders/account_folders.ts";
import { byteString } from "../../../../src/mime/byte_string.ts";
import { asAccountFingerprint } from "../../../../src/model/digests.ts";
import { limits } from "../../../../src/model/limits.ts";
import { type FoldersStage, mail, onFolders, only } from "../../../support/folders_stage.ts";
import { uglyMessages } from "../../../support/ugly_messages.ts";

/** Makes the index on the machine of the first bridge. */
async function makeIndex({ bob }: FoldersStage): Promise<void> {
  const query = parseQuery("nothing", { now: 0, at: Date.parse });
  await bob.with((mailbox) => mailbox.search({ query, limit: 1, keepsIndex: true }));
}

/** What the index has of each message of the inbox. */
async function indexed(folders: AccountFolders): Promise<(string | null)[]> {
  const texts = await folders.openTexts();
  assert.ok(texts !== null);
  try {
    const bodies: (string | null)[] = [];
    for (const message of folders.messages("inbox")) bodies.push(await texts.body(message));
    return bodies;
  } finally {
    texts.close();
  }
}

Deno.test("of messages as they should not be, the index has what opening finds, or nothing", () =>
  onFolders(async (stage) => {
    const { a } = stage;
    const ugly = uglyMessages.filter(({ bytes }) =>
      /multipart|rfc822|charset/.test(byteString(bytes))
    );
    for (const { bytes } of ugly) {
      const content = ReadableStream.from([bytes]);
      await a.append("inbox", { ...mail(""), bytes: bytes.length, content });
    }
    await makeIndex(stage);
    const bodies = await indexed(a);
    let known = 0;
    for (const [at, message] of a.messages("inbox").entries()) {
      if (bodies[at] === null) continue;
      known++;
      const { body } = await readMessageTexts(a.content(message));
      assert.equal(bodies[at], body, ugly[at]!.name);
    }
    assert.ok(known > 0.9 * ugly.length, `${known} of ${ugly.length}`);
  }));

const long = "word ".repeat(limits.maxSearchedTextCharacters / 5 + 9);
const parted = "Content-Type: multipart/alternative; boundary=b\r\n\r\n" +
  "--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n" +
  "--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b--\r\n";

const kinds: readonly [what: string, source: string, body: string | null][] = [
  ["a text", "Subject: x\r\n\r\nOne  TWO\r\n", "one two"],
  ["two forms of a text", parted, "plain html"],
  ["no text", "Subject: x\r\nContent-Type: image/png\r\n\r\nx", ""],
  ["a long text", `Subject: x\r\n\r\n${long}`, null],
];

for (const [what, source, body] of kinds) {
  Deno.test(`of a message with ${what}, the index has ${body === null ? "nothing" : body}`, () =>
    onFolders(async (stage) => {
      await stage.a.append("inbox", mail(source));
      await makeIndex(stage);
      assert.deepEqual(await indexed(stage.a), [body]);
    }));
}

Deno.test("of what burns the index has nothing, and another program's index is not waited for", () =>
  onFolders(async (stage) => {
    const { alice, a } = stage;
    const burning = { to: ["bob"], cc: [], bcc: [], subject: "b", attachments: [], burn: true };
    await alice.with((mailbox) => mailbox.send({ ...burning, body: new Uint8Array(3) }));
    await a.refresh();
    assert.equal(await a.openTexts(), null, "there is none yet");
    await makeIndex(stage);
    only(a, "inbox");
    assert.deepEqual(await indexed(a), [null]);
    const held = await a.openTexts();
    assert.equal(await a.openTexts(), null);
    held?.close();
    const again = await a.openTexts();
    assert.ok(again !== null);
    again.close();
  }));

Deno.test("of a message that a note stands for, nothing is told of what the index has", () =>
  onFolders(async (stage) => {
    const { alice, bob, a } = stage;
    await alice.send("bob", "secret");
    await bob.with(async (mailbox) => {
      const shown = await mailbox.compare("alice");
      const fingerprint = asAccountFingerprint(new Uint8Array(32));
      await mailbox.accept({ ...shown, fingerprint }, { verified: false });
    });
    await makeIndex(stage);
    await a.refresh();
    assert.deepEqual(await indexed(a), [null]);
    await bob.with(async (mailbox) => {
      await mailbox.accept(await mailbox.compare("alice"), { verified: true });
    });
    await a.refresh();
    assert.deepEqual(await indexed(a), ["secret"]);
  }));
