import assert from "node:assert/strict";
import {
  lost,
  LostRequest,
  outcomeUnknown,
  unknownIfLost,
} from "../../../../src/client/connection/outcome_unknown.ts";
import { MailError } from "../../../../src/model/errors.ts";

const gone = new MailError("unavailable", "Cannot continue: the connection was lost");
const others = [
  new MailError("denied", "Cannot log in: the name or password is wrong"),
  new Error("x"),
];

Deno.test("a change whose reply was lost fails with what is unknown and how to find out", () => {
  const unknown = outcomeUnknown("the keys were changed", "Look.", gone);
  assert.equal(
    unknown.message,
    "Cannot tell whether the keys were changed: the connection was lost",
  );
  assert.deepEqual([unknown.code, unknown.hint, unknown.cause], ["unavailable", "Look.", gone]);
});

Deno.test("only a lost connection leaves the outcome unknown", () => {
  assert.throws(() => lost(gone), (error) => error instanceof LostRequest && error.cause === gone);
  const pass = unknownIfLost("it was made", "Look.");
  assert.throws(() => pass(gone), /Cannot tell whether it was made/);
  for (const other of others) {
    assert.throws(() => lost(other), (error) => error === other);
    assert.throws(() => pass(other), (error) => error === other);
  }
});
