/** Frames, however the network cuts them. WIRE 2. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { concatBytes, utf8 } from "../../../src/model/bytes.ts";
import { MailError } from "../../../src/model/errors.ts";
import { encodeFrame, type Frame, FrameDecoder, type FrameKind } from "../../../src/wire/frame.ts";

const kinds: FrameKind[] = [
  "hello",
  "exchange",
  "confirm",
  "part",
  "request",
  "reply",
  "error",
  "data",
  "end",
];

/** Feeds bytes in chunks of a size; returns the frames, and the failure that ended it. */
function cutFrames(bytes: Uint8Array, size: number, maxBytes = 1000) {
  const decoder = new FrameDecoder(maxBytes);
  const frames: Frame[] = [];
  try {
    for (let at = 0; at < bytes.length; at += size) {
      decoder.push(bytes.subarray(at, at + size));
      for (let frame; (frame = decoder.next()) !== null;) frames.push(frame);
    }
  } catch (error) {
    assert.ok(error instanceof MailError);
    return { frames, failure: error, midFrame: decoder.midFrame };
  }
  return { frames, failure: null, midFrame: decoder.midFrame };
}

const sizes = [1, 2, 3, 5, 7, 64, 10_000];

Deno.test("frames of every kind and size come out whole, however they are cut", () => {
  const sent = kinds.map((kind, at) => ({ kind, payload: new Uint8Array(at * at).fill(at) }));
  const bytes = concatBytes(sent.map(encodeFrame));
  for (const size of sizes) {
    assert.deepEqual(cutFrames(bytes, size), { frames: sent, failure: null, midFrame: false });
  }
});

Deno.test("a frame that is not whole yet does not come out, and is known to have begun", () => {
  const bytes = encodeFrame({ kind: "data", payload: utf8("hello") });
  for (let end = 1; end < bytes.length; end++) {
    const { frames, failure, midFrame } = cutFrames(bytes.subarray(0, end), 3);
    assert.deepEqual([frames.length, failure, midFrame], [0, null, true]);
  }
});

const refused: readonly [name: string, header: string, says: RegExp][] = [
  ["length 0", "0000000001", /frame of 0 bytes/],
  ["one over the bound", "000003e908", /frame of 1001 bytes: the limit is 1000/],
  ["length 2^31 - 1", "7fffffff08", /frame of 2147483647 bytes/],
  ["length 2^31", "8000000008", /frame of 2147483648 bytes/],
  ["length 2^32 - 1", "ffffffff08", /frame of 4294967295 bytes/],
  ["kind 0", "0000000100", /frame of kind 0/],
  ["kind 10", "000000010a", /frame of kind 10/],
  ["kind 255", "00000010ff", /frame of kind 255/],
];

for (const [name, header, says] of refused) {
  Deno.test(`a frame is refused from its header alone: ${name}`, () => {
    const before = encodeFrame({ kind: "end", payload: new Uint8Array([1]) });
    const bytes = concatBytes([before, Uint8Array.fromHex(header)]);
    for (const size of sizes) {
      const { frames, failure } = cutFrames(bytes, size);
      assert.equal(frames.length, 1);
      assert.equal(failure?.code, "protocol");
      assert.match(failure.message, says);
    }
  });
}

Deno.test("a wrong length is refused before its kind has come", () => {
  const { failure } = cutFrames(new Uint8Array([0, 0, 4, 0]), 4);
  assert.equal(failure?.code, "protocol");
});

Deno.test("a frame of length 1 has a kind and no payload", () => {
  const { frames } = cutFrames(Uint8Array.fromHex("0000000106"), 1);
  assert.deepEqual(frames, [{ kind: "reply", payload: new Uint8Array(0) }]);
});

Deno.test("a frame of just the bound is taken", () => {
  const payload = new Uint8Array(999).fill(3);
  const { frames } = cutFrames(encodeFrame({ kind: "data", payload }), 100);
  assert.deepEqual(frames, [{ kind: "data", payload }]);
});

Deno.test("a new bound holds for the frames that follow", () => {
  const decoder = new FrameDecoder(10);
  const long = encodeFrame({ kind: "data", payload: new Uint8Array(20) });
  decoder.push(encodeFrame({ kind: "data", payload: new Uint8Array(2) }));
  assert.equal(decoder.next()?.payload.length, 2);
  decoder.limit(21);
  decoder.push(long);
  assert.equal(decoder.next()?.payload.length, 20);
  decoder.limit(20);
  decoder.push(long);
  assert.throws(() => decoder.next(), { code: "protocol" });
});

Deno.test("pushed bytes and handed-out payloads are not shared", () => {
  const decoder = new FrameDecoder(100);
  const bytes = encodeFrame({ kind: "data", payload: utf8("one") });
  decoder.push(bytes);
  bytes.fill(0xff);
  const first = decoder.next()!;
  decoder.push(encodeFrame({ kind: "data", payload: utf8("two") }));
  assert.deepEqual(first.payload, utf8("one"));
  first.payload.fill(0);
  assert.deepEqual(decoder.next()!.payload, utf8("two"));
});

Deno.test("a long frame has memory of its own, whatever came behind it in the same Buffers", () => {
  const payloads = [90_000, 90_000, 90_000, 10].map((length, at) =>
    new Uint8Array(length).fill(at)
  );
  const all = concatBytes(payloads.map((payload) => encodeFrame({ kind: "data", payload })));
  const decoder = new FrameDecoder(100_000);
  const decoded: Frame[] = [];
  for (let at = 0; at < all.length; at += 17_000) {
    const bytes = Buffer.from(all.subarray(at, at + 17_000)); // whose `slice` makes views
    decoder.push(bytes);
    bytes.fill(0xff);
    for (let frame; (frame = decoder.next()) !== null;) decoded.push(frame);
  }
  assert.deepEqual(decoded.map(({ payload }) => payload), payloads);
  const shared = decoded.map(({ payload }) => payload.buffer.byteLength - payload.length);
  assert.deepEqual(shared.slice(1, 3), [5, 5]); // once it is known that frames are long
});
