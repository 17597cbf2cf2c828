/** What a store promises of bodies: uploads, and handing them out in chunks. */

import { entryId, uploadId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import {
  bytes,
  createAccounts,
  patterned,
  query,
  readBody,
  sampleMessage,
} from "../support/store_samples.ts";
import type { Promises } from "../support/store_samples.ts";

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export const bodyPromises: Promises = {
  "hands out the same body to each who has it": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    await store.send(sampleMessage(alice!.id, { key: "k", to: ["bob"], body: bytes("body") }));
    assert.deepEqual(await readBody(store, alice!.id, entryId(1)), bytes("body"));
    assert.deepEqual(await readBody(store, bob!.id, entryId(1)), bytes("body"));
  },

  "hands out nothing of an empty body": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const empty = { key: "k", to: [], body: new Uint8Array(0) };
    await store.send(sampleMessage(alice!.id, empty));
    assert.deepEqual(await readBody(store, alice!.id, entryId(1)), bytes(""));
  },

  "hands out a body larger than a chunk in chunks": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const body = patterned(2 * limits.chunkBytes + 5);
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body: body.slice() }));
    const chunks = await Array.fromAsync(store.body(alice!.id, entryId(1)));
    assert.ok(chunks.every((chunk) => chunk.length <= limits.chunkBytes));
    assert.deepEqual(concat(...chunks), body);
  },

  "takes part of a larger buffer": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const frame = patterned(limits.chunkBytes);
    const body = frame.subarray(1000, 100_000);
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body }));
    const expected = patterned(limits.chunkBytes).subarray(1000, 100_000);
    assert.deepEqual(
      await readBody(store, alice!.id, entryId(1)),
      expected,
    );
    assert.deepEqual(frame, patterned(limits.chunkBytes));
  },

  "keeps the order of overlapping chunks": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const [one, two] = [await store.beginUpload(alice!.id), await store.beginUpload(alice!.id)];
    const sizes = [1, 300, 70_000, 2, 20_000, 5, limits.chunkBytes, 9];
    const appends = sizes.flatMap((size, n) => [
      store.appendUpload(one, n, patterned(size, n)),
      store.appendUpload(two, n, bytes(`${n}`)),
    ]);
    await Promise.all(appends);
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body: { upload: one } }));
    await store.send(sampleMessage(alice!.id, { key: "k2", to: [], body: { upload: two } }));
    const whole = concat(...sizes.map((size, n) => patterned(size, n)));
    assert.deepEqual(await readBody(store, alice!.id, entryId(1)), whole);
    assert.equal((await store.entries(alice!.id, [entryId(1)]))[0]!.sealedBytes, whole.length);
    assert.deepEqual(
      await readBody(store, alice!.id, entryId(2)),
      bytes("01234567"),
    );
  },

  "takes a chunk once that comes twice, and refuses one that leaves a gap or is another": async (
    store,
  ) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const upload = await store.beginUpload(alice!.id);
    const chunks = [patterned(300), patterned(70_000, 1), patterned(5, 2)];
    const add = (at: number) => store.appendUpload(upload, at, chunks[at]!.slice());
    for (const at of [0, 0, 1, 0, 1, 2, 2, 1]) await add(at);
    for (const [at, size] of [[4, 5], [1, 69_999], [-1, 300], [3.5, 5]] as const) {
      const other = store.appendUpload(upload, at, patterned(size));
      await assert.rejects(other, { code: "try_later" }, `${at}`);
    }
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body: { upload } }));
    assert.deepEqual(await readBody(store, alice!.id, entryId(1)), concat(...chunks));
    const sealedBytes = chunks.reduce((sum, { length }) => sum + length, 0);
    assert.equal((await store.entries(alice!.id, [entryId(1)]))[0]!.sealedBytes, sealedBytes);
    await assert.rejects(add(2), { code: "try_later" }, "a message has it");
  },

  "refuses an empty and an oversized chunk": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const upload = await store.beginUpload(alice!.id);
    for (const size of [0, limits.chunkBytes + 1]) {
      await assert.rejects(store.appendUpload(upload, 0, patterned(size)), { code: "malformed" });
    }
  },

  "refuses an upload that is unknown, another's, discarded or taken": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    const [bobs, dropped, taken] = [
      await store.beginUpload(bob!.id),
      await store.beginUpload(alice!.id),
      await store.beginUpload(alice!.id),
    ];
    await store.discardUpload(dropped);
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body: { upload: taken } }));
    for (const upload of [999, bobs, dropped, taken]) {
      const message = sampleMessage(alice!.id, {
        key: "x",
        to: [],
        body: { upload: uploadId(upload) },
      });
      await assert.rejects(store.send(message), { code: "try_later" });
    }
    for (const upload of [999, dropped, taken]) {
      await assert.rejects(store.appendUpload(uploadId(upload), 0, bytes("x")), {
        code: "try_later",
      });
    }
  },

  "keeps an upload that a refused send named": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const body = { upload: await store.beginUpload(alice!.id) };
    await store.appendUpload(body.upload, 0, bytes("body"));
    const refused = store.send(sampleMessage(alice!.id, { key: "k", to: ["nobody"], body }));
    await assert.rejects(refused, { code: "no_such_recipient" });
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body }));
    assert.deepEqual(await readBody(store, alice!.id, entryId(1)), bytes("body"));
  },

  "discards nothing that a message took, and nothing twice": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const upload = await store.beginUpload(alice!.id);
    await store.appendUpload(upload, 0, bytes("body"));
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body: { upload } }));
    await store.discardUpload(upload);
    await store.discardUpload(uploadId(999));
    assert.deepEqual(await readBody(store, alice!.id, entryId(1)), bytes("body"));
  },

  "keeps a body until the last who has it lets go": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    await store.send(sampleMessage(alice!.id, { key: "k", to: ["bob"], body: bytes("body") }));
    await store.deleteEntries(alice!.id, [entryId(1)]);
    assert.deepEqual(await readBody(store, bob!.id, entryId(1)), bytes("body"));
    await assert.rejects(readBody(store, alice!.id, entryId(1)), { code: "no_such_message" });
  },

  "ends a body that is deleted while it is read": async (store) => {
    const [alice] = await createAccounts(store, ["alice"]);
    const body = patterned(3 * limits.chunkBytes);
    await store.send(sampleMessage(alice!.id, { key: "k", to: [], body }));
    const reading = store.body(alice!.id, entryId(1))[Symbol.asyncIterator]();
    await reading.next();
    await reading.next();
    await store.deleteEntries(alice!.id, [entryId(1)]);
    await assert.rejects(async () => await reading.next(), { code: "no_such_message" });
  },

  "hands no body to another account": async (store) => {
    const [alice, bob] = await createAccounts(store, ["alice", "bob"]);
    await store.send(sampleMessage(alice!.id, { key: "k", to: [] }));
    await assert.rejects(readBody(store, bob!.id, entryId(1)), { code: "no_such_message" });
    assert.equal((await store.list(query(bob!.id))).total, 0);
  },
};
