/** Threads by signed ids: all that hang together, nothing that does not verify, in no time. */
import { type EntryId, entryId } from "../../../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { ListedMessage } from "../../../../src/client/reading/opened_entry.ts";
import { threadOf } from "../../../../src/client/reading/thread.ts";
import { listedMessage } from "../../../support/listed_message.ts";

function message(
  id: EntryId,
  inReplyTo: string | null = null,
  references: readonly string[] = [],
  more: Partial<ListedMessage> = {},
): ListedMessage {
  return listedMessage({ messageId: `${id}`, inReplyTo, references }, { id, ...more });
}

const ids = (messages: readonly ListedMessage[]) => messages.map(({ id }) => id);

Deno.test("a thread is all that share ids, also by one that is not here", () => {
  const all = [
    message(entryId(5), "gone"),
    message(entryId(4), null, ["gone"]),
    message(entryId(3)),
    message(entryId(2), "1"),
    message(entryId(1)),
  ];
  assert.deepEqual(ids(threadOf(all[0]!, all)), [4, 5]);
  assert.deepEqual(ids(threadOf(all[4]!, all)), [1, 2]);
  assert.deepEqual(ids(threadOf(all[2]!, all)), [3]);
});

Deno.test("what does not verify joins nothing, and is its own thread", () => {
  const forged = message(entryId(2), "1", ["3"], { outcome: "invalid" });
  const sealed = message(entryId(4), "1", [], { headers: null });
  const all = [message(entryId(1)), forged, message(entryId(3)), sealed];
  assert.deepEqual(ids(threadOf(all[0]!, all)), [1]);
  assert.deepEqual(ids(threadOf(forged, all)), [2]);
  assert.deepEqual(ids(threadOf(sealed, all)), [4]);
});

Deno.test("20,000 messages in one chain, each with 50 references, are one thread", () => {
  const all = Array.from({ length: 20_000 }, (_, at) => {
    const references = Array.from({ length: Math.min(at, 50) }, (_, back) => `${at - back - 1}`);
    return message(entryId(at), null, references);
  });
  assert.equal(threadOf(all[19_999]!, all).length, 20_000);
});
