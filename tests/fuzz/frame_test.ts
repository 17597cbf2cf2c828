/** Random bytes as frames: a MailError or frames, the same however they are cut, and soon. */
import assert from "node:assert/strict";
import { type Bytes, concatBytes } from "../../src/model/bytes.ts";
import { isFailure } from "../../src/model/errors.ts";
import { encodeFrame, FrameDecoder, type FrameKind, frameKind } from "../../src/wire/frame.ts";
import { seeded } from "../support/mime.ts";
import { type Random, randomRun } from "./random_value.ts";

const maxBytes = 512;
const kinds = Object.keys(frameKind) as FrameKind[];

/** Frames, mostly: some are damaged, some claim a length of their own, some stop within. */
function randomStream(random: Random): Bytes {
  const pieces: Uint8Array[] = [];
  for (let count = random() % 12; count >= 0; count--) {
    const payload = randomRun(random, random() % 80);
    const frame = encodeFrame({ kind: kinds[random() % kinds.length]!, payload });
    const fate = random() % 24;
    if (fate === 0) new DataView(frame.buffer).setUint32(0, random());
    if (fate === 1) frame[4] = random();
    if (fate === 2) frame[random() % frame.length]! ^= 1 << (random() % 8);
    pieces.push(fate === 3 ? frame.subarray(0, random() % frame.length) : frame);
  }
  return concatBytes(random() % 10 === 0 ? [randomRun(random, random() % 60)] : pieces);
}

/** Cuts a stream as the random numbers say; returns the frames and the failure as text. */
function readFrames(bytes: Uint8Array, nextSize: () => number): string[] {
  const decoder = new FrameDecoder(maxBytes);
  const seen: string[] = [];
  try {
    for (let at = 0; at < bytes.length;) {
      const size = nextSize();
      decoder.push(bytes.subarray(at, at + size));
      at += size;
      for (let frame; (frame = decoder.next()) !== null;) {
        seen.push(`${frame.kind} ${frame.payload.toHex()}`);
        assert.ok(frame.payload.length < maxBytes);
      }
    }
  } catch (error) {
    assert.ok(isFailure(error, "protocol"), String(error));
    return [...seen, error.message];
  }
  return seen;
}

Deno.test("random streams of frames are read the same however they are cut", () => {
  const random = seeded(1);
  for (let round = 0; round < 2_000; round++) {
    const bytes = randomStream(random);
    const whole = readFrames(bytes, () => bytes.length);
    assert.deepEqual(readFrames(bytes, () => 1), whole, `round ${round}`);
    assert.deepEqual(readFrames(bytes, () => 1 + random() % 20), whole, `round ${round}`);
  }
});

Deno.test("what a frame claims to be is not allocated", () => {
  const before = Deno.memoryUsage();
  const waiting = Array.from({ length: 1_000 }, () => {
    const decoder = new FrameDecoder(2 ** 32 - 1);
    decoder.push(new Uint8Array([0xff, 0xff, 0xff, 0xff, 8, 1, 2, 3]));
    assert.equal(decoder.next(), null);
    return decoder;
  });
  const { external, rss } = Deno.memoryUsage();
  assert.ok(waiting.every((decoder) => decoder.midFrame));
  assert.ok(external - before.external < 2 ** 24 && rss - before.rss < 2 ** 28);
});

Deno.test("a flood of the smallest frames in one push is read to its end", () => {
  const decoder = new FrameDecoder(maxBytes);
  const one = encodeFrame({ kind: "data", payload: new Uint8Array(0) });
  decoder.push(concatBytes(Array(13_000).fill(one))); // 64 KiB, as a socket gives it
  let frames = 0;
  while (decoder.next() !== null) frames++;
  assert.equal(frames, 13_000);
});
