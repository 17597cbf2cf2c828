/** What is on the wire stays as it was recorded: a change here is a change that old peers do not understand. */
import assert from "node:assert/strict";
import { type FailureCode, failures, type Hint, MailError } from "../../../src/model/errors.ts";
import { utf8 } from "../../../src/model/bytes.ts";
import { decodeError, encodeError } from "../../../src/session/state.ts";
import { type Codec, decode, encode } from "../../../src/wire/fields.ts";
import { encodeFrame, FrameDecoder, type FrameKind, frameKind } from "../../../src/wire/frame.ts";
import { operations } from "../../../src/wire/operations.ts";
import { plainJson, readVector } from "../../vectors/vector.ts";

/** Fails where something has no vector yet, and says how it gets one. */
function requireRecorded(recorded: readonly string[], now: readonly string[]): void {
  const added = now.filter((name) => !recorded.includes(name));
  assert.equal(added.join(), "", "not recorded yet: run `deno run -A tests/vectors/make.ts`");
}

Deno.test("the numbers of failures are the recorded ones", async () => {
  const recorded = await readVector<Record<FailureCode, number>>("failures");
  requireRecorded(Object.keys(recorded), Object.keys(failures));
  const now = Object.entries(failures).map(([code, { wire }]) => [code, wire]);
  assert.deepEqual(Object.fromEntries(now), recorded);
});

interface PinnedFrame {
  readonly kind: FrameKind;
  readonly number: number;
  readonly frame: Uint8Array;
}

Deno.test("the kinds of frames and their encoding are the recorded ones", async () => {
  const recorded = await readVector<PinnedFrame[]>("frames");
  assert.deepEqual(Object.fromEntries(recorded.map(({ kind, number }) => [kind, number])), {
    ...frameKind,
  });
  for (const { kind, frame } of recorded) {
    assert.deepEqual(encodeFrame({ kind, payload: utf8("ab") }), frame);
    const decoder = new FrameDecoder(100);
    decoder.push(frame);
    assert.deepEqual(decoder.next(), { kind, payload: utf8("ab") });
  }
});

interface Sample {
  readonly value: unknown;
  readonly encoded: Uint8Array;
}

interface PinnedOperation {
  readonly name: string;
  readonly number: number;
  readonly callers: string;
  readonly stream: string;
  readonly repeat: string;
  readonly request: Sample;
  readonly reply: Sample;
}

const recorded = await readVector<PinnedOperation[]>("operations");

Deno.test("every operation is recorded, and none that was recorded is gone", () => {
  const names = recorded.map(({ name }) => name);
  requireRecorded(names, Object.keys(operations));
  assert.deepEqual(names.sort(), Object.keys(operations).sort());
});

for (const row of recorded) {
  Deno.test(`an operation is as it was recorded: ${row.name}`, () => {
    const { number, callers, stream, repeat, request, reply } =
      operations[row.name as keyof typeof operations];
    const pinned = [row.number, row.callers, row.stream, row.repeat];
    assert.deepEqual([number, callers, stream, repeat], pinned);
    const samples = [[request, row.request], [reply, row.reply]] as const;
    for (const [layout, { value, encoded }] of samples) {
      const codec = layout as Codec<unknown>;
      assert.deepEqual(encode(codec, value), encoded);
      // As text: two fields that changed places would still be equal objects.
      const read = JSON.stringify(plainJson(decode(codec, encoded)));
      assert.equal(read, JSON.stringify(plainJson(value)));
    }
  });
}

interface PinnedError {
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: Hint;
  readonly retryAfterSeconds: number;
  readonly encoded: Uint8Array;
}

Deno.test("an error frame is as it was recorded", async () => {
  const { code, message, hint, retryAfterSeconds, encoded } = await readVector<PinnedError>(
    "error_reply",
  );
  const error = new MailError(code, message, { hint, retryAfterSeconds });
  assert.deepEqual(encodeError(error), encoded);
  const { code: told, ...rest } = decodeError(encoded);
  assert.equal(told, code);
  assert.equal(rest.hint, hint);
  assert.equal(rest.retryAfterSeconds, retryAfterSeconds);
});
