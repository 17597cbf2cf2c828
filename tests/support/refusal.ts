/** What is wrong with an input, in the words that a person is told. */
import assert from "node:assert/strict";
import { MailError } from "../../src/model/errors.ts";

/** Returns the message of the `malformed` that something has to throw. */
export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof MailError);
    assert.equal(error.code, "malformed");
    return error.message;
  }
  assert.fail("It was accepted");
}
