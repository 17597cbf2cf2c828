/** What both sides share: messages cut into frames and joined again, and failures as the peer may see them. */
import assert from "node:assert/strict";
import { plain, utf8 } from "../../src/model/bytes.ts";
import { MailError } from "../../src/model/errors.ts";
import {
  cutMessage,
  decodeError,
  encodeError,
  frameBytesAfterLogin,
  frameBytesBeforeLogin,
  maxPayloadBytes,
  MessageJoiner,
} from "../../src/session/state.ts";

const lengths: readonly [bytes: number, frames: number][] = [
  [0, 1],
  [1, 1],
  [4095, 1],
  [4096, 1],
  [4097, 2],
  [8192, 2],
  [8193, 3],
  [409_600, 100],
];

for (const [length, count] of lengths) {
  Deno.test(`a message of ${length} bytes in frames of 4096 is ${count}, and whole again`, () => {
    const payload = plain(new Uint8Array(length).map((_, at) => at));
    const frames = [...cutMessage("reply", payload, 4096)];
    assert.deepEqual(frames.map(({ kind }) => kind), [...Array(count - 1).fill("part"), "reply"]);
    assert.ok(frames.every(({ payload }) => payload.length <= 4096));
    assert.ok(frames.every(({ kind, payload }) => kind === "reply" || payload.length > 0));
    const joiner = new MessageJoiner();
    for (const { kind, payload } of frames) joiner.add(kind, plain(payload), 409_600);
    assert.deepEqual(joiner.take(), payload);
    assert.equal(joiner.begun, false);
  });
}

Deno.test("a message is bounded by all its parts together, anew for each message", () => {
  const joiner = new MessageJoiner();
  for (let round = 0; round < 3; round++) {
    joiner.add("part", new Uint8Array(6000), 10_000);
    joiner.add("request", new Uint8Array(4000), 10_000);
    assert.equal(joiner.take().length, 10_000);
  }
  joiner.add("part", new Uint8Array(6000), 10_000);
  assert.throws(() => joiner.add("part", new Uint8Array(4096), 10_000), {
    name: "MailError",
    code: "protocol",
    message: /10096 bytes: the limit is 10000/,
  });
});

Deno.test("no part is small, nor the last piece behind parts empty; a whole message may be", () => {
  const joiner = new MessageJoiner();
  const empty = new Uint8Array(0);
  for (const length of [0, 1, 4095]) {
    assert.throws(() => joiner.add("part", new Uint8Array(length), 9000), { code: "protocol" });
  }
  joiner.add("reply", empty, 9000);
  assert.deepEqual(joiner.take(), empty);
  joiner.add("part", new Uint8Array(4096), 9000);
  assert.throws(() => joiner.add("reply", empty, 9000), { code: "protocol" });
});

Deno.test("the bounds are those of WIRE 2", () => {
  const bounds = [maxPayloadBytes, frameBytesBeforeLogin, frameBytesAfterLogin];
  assert.deepEqual(bounds, [262_144, 8_192, 262_161]);
});

Deno.test("a failure tells its code, message, hint and delay, and nothing of its cause", () => {
  const cause = new Error("/var/lib/mailctl/secret");
  const told = new MailError("try_later", "Not now", {
    hint: "Wait.",
    retryAfterSeconds: 7,
    cause,
  });
  const encoded = encodeError(told);
  assert.ok(!new TextDecoder().decode(encoded).includes("secret"));
  const { code, message, hint, retryAfterSeconds } = decodeError(encoded);
  assert.deepEqual([code, message, hint, retryAfterSeconds], ["try_later", "Not now", "Wait.", 7]);
  const bare = decodeError(encodeError(new MailError("denied", "")));
  assert.deepEqual([bare.hint, bare.retryAfterSeconds, bare.cause], [
    undefined,
    undefined,
    undefined,
  ]);
});

for (const character of ["x", "é", "€", "😀"]) {
  Deno.test(`a failure that says too much is cut between characters: ${character}`, () => {
    for (const more of [-1, 0, 1, 2, 3, 4, 5000]) {
      const text = `${"a".repeat(Math.max(0, more % 4))}${character.repeat(4096 + more)}.` as const;
      const told = decodeError(encodeError(new MailError("internal", text, { hint: text })));
      assert.ok(utf8(told.message).length <= 4096 && utf8(told.hint!).length <= 1024);
      assert.ok(utf8(told.hint!).length >= 1016);
      assert.ok(!told.message.includes("\ufffd") && !told.hint!.includes("\ufffd"));
      assert.ok(told.message === text || told.message.endsWith("…"));
    }
  });
}
