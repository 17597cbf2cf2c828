/** What an index knows of a mailbox follows the feed of changes, and starts over where the feed does. */
import assert from "node:assert/strict";
import { MailboxState } from "../../../../src/client/searching/mailbox_state.ts";
import { SearchIndex } from "../../../../src/client/searching/search_index.ts";
import { MailboxKey } from "../../../../src/crypto/account/mailbox_key.ts";
import { sealFiling } from "../../../../src/client/filing/filed_message.ts";
import type { MailboxContext } from "../../../../src/client/mailbox_context.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { asEnvelopeDigest } from "../../../../src/model/digests.ts";
import { type Filing, unfiled } from "../../../../src/model/filing.ts";
import { entryId } from "../../../../src/model/ids.ts";
import type { WireFiledEntry } from "../../../../src/wire/layouts.ts";
import type { ReplyOf } from "../../../../src/wire/operations.ts";

const mailboxKey = await MailboxKey.derive(new Uint8Array(32), asAddress("bob@x.test"), ["id"]);

async function filed(
  id: number,
  modseq: number,
  filing: Filing = unfiled,
  readAt: number | null = null,
): Promise<WireFiledEntry> {
  const envelopeDigest = asEnvelopeDigest(new Uint8Array(32).fill(id));
  const { sealed, aside } = await sealFiling(mailboxKey, envelopeDigest, modseq, filing);
  return {
    id: entryId(id),
    box: "inbox",
    storedAt: 0,
    readAt,
    sealedBytes: 1,
    envelopeDigest,
    filing: { place: id, modseq, version: modseq, aside, sealed } as WireFiledEntry["filing"],
  };
}

/** A server that gives these answers, in turn; and what it was asked. */
function serverOf(...replies: Partial<ReplyOf<"changes">>[]) {
  const asked: unknown[] = [];
  const call = (_: string, request: { readonly since: number; readonly known: number }) => {
    asked.push([request.since, request.known]);
    const none = { reset: false, entries: [], gone: [], more: false };
    const { modseq = request.since, newest = modseq, ...reply } = replies.shift()!;
    return Promise.resolve({ ...none, modseq, newest, ...reply });
  };
  const context = {
    client: { call },
    account: Promise.resolve({ mailboxKey }),
    afterLogin: <T>(reply: Promise<T>) => reply,
  } as unknown as MailboxContext;
  return { context, asked };
}

const flagged: Filing = { ...unfiled, folder: 99, flags: ["flagged"], keywords: ["todo"] };

Deno.test("a state follows the feed, is kept whole, and goes on from where it was", async () => {
  const state = new MailboxState(null);
  const { context, asked } = serverOf(
    {
      modseq: 2,
      newest: 5,
      entries: [await filed(1, 1), await filed(2, 2, unfiled, 9)],
      more: true,
    },
    { modseq: 5, entries: [await filed(3, 4, flagged)], gone: [entryId(2)] },
    {},
    { modseq: 7, entries: [await filed(1, 7, flagged, 3)], gone: [entryId(3)] },
  );
  await state.follow(context);
  assert.deepEqual([...state.filings], [[1, unfiled], [3, flagged]]);
  assert.deepEqual([...state.unread], [1, 3]);
  assert.deepEqual([...state.told.keys()], [1, 3]);
  assert.equal(state.isKept, false);
  const again = new MailboxState(state.encode());
  assert.deepEqual([...again.filings], [...state.filings]);
  assert.deepEqual([...again.unread], [...state.unread]);
  await again.follow(context);
  assert.equal(again.isKept, true, "nothing changed");
  await again.follow(context);
  assert.deepEqual([...again.filings], [[1, flagged]]);
  assert.deepEqual([...again.unread], []);
  assert.deepEqual(asked, [[0, 0], [2, 5], [5, 5], [5, 5]]);
});

Deno.test("where the feed starts over, all that was known is forgotten", async () => {
  const { context, asked } = serverOf(
    { modseq: 5, entries: [await filed(1, 1), await filed(2, 5)] },
    { modseq: 0, newest: 3, reset: true, more: true },
    { modseq: 3, entries: [await filed(2, 3, flagged)] },
  );
  const state = new MailboxState(null);
  await state.follow(context);
  await state.follow(context);
  assert.deepEqual([...state.filings], [[2, flagged]]);
  assert.deepEqual(asked, [[0, 0], [5, 5], [0, 0]]);
});

Deno.test("what was heard is kept by the index; where its writing was cut, nothing was heard", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-state-" });
  try {
    const [path, seal] = [`${folder}/index`, await mailboxKey.indexSeal()];
    const open = async () => {
      const index = await SearchIndex.open(path, seal);
      index.close();
      return [...index.state.filings.keys()];
    };
    const index = await SearchIndex.open(path, seal);
    await index.state.follow(serverOf({ modseq: 1, entries: [await filed(1, 1)] }).context);
    await index.keepState();
    assert.deepEqual(await open(), [1]);
    await index.state.follow(serverOf({ modseq: 2, entries: [await filed(2, 2)] }).context);
    assert.deepEqual(await open(), [1], "an older position, where it ended in between");
    await index.keepState();
    index.close();
    assert.deepEqual(await open(), [1, 2]);
    const whole = await Deno.readFile(path);
    for (const length of [17, whole.length - 1, whole.length >> 1]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      assert.deepEqual(await open(), []);
    }
    const clear = new TextDecoder("latin1").decode(whole);
    for (const word of ["position", "flagged", "ids"]) assert.ok(!clear.includes(word), word);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
