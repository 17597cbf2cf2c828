import assert from "node:assert/strict";
import {
  LostAnswer,
  OutcomeUnknown,
  unknownIfLost,
} from "../../../../src/client/connection/outcome_unknown.ts";
import { MailError } from "../../../../src/model/errors.ts";

const gone = new MailError("unavailable", "Cannot continue: the connection was lost");
const others = [
  new MailError("denied", "Cannot log in: the name or password is wrong"),
  new Error("x"),
];

Deno.test("a change whose reply was lost fails with what is unknown and how to find out", () => {
  const unknown = new OutcomeUnknown("the keys were changed", "Look.", gone);
  assert.equal(
    unknown.message,
    "Cannot tell whether the keys were changed: the connection was lost",
  );
  assert.deepEqual([unknown.code, unknown.hint, unknown.cause], ["unavailable", "Look.", gone]);
});

Deno.test("only a lost answer leaves the outcome unknown", () => {
  const pass = unknownIfLost("it was made", "Look.");
  const lost = new LostAnswer(gone, gone);
  assert.deepEqual([lost.code, lost.message, lost.cause], ["unavailable", gone.message, gone]);
  assert.throws(() => pass(lost), /Cannot tell whether it was made/);
  for (const other of [...others, gone]) {
    assert.throws(() => pass(other), (error) => error === other);
  }
});
