/** Failures are known by their codes; a hint is a sentence to its end, in the type and where another process tells it. */
import assert from "node:assert/strict";
import { type Hint, isFailure, MailError, toldHint } from "../../../src/model/errors.ts";

for (
  const [what, error, codes, is] of [
    ["a failure of the code", new MailError("denied", "Cannot"), ["denied"], true],
    ["a failure of one of the codes", new MailError("denied", "Cannot"), ["usage", "denied"], true],
    ["a failure of another code", new MailError("denied", "Cannot"), ["usage"], false],
    [
      "an error that has such a code",
      Object.assign(new Error(), { code: "denied" }),
      ["denied"],
      false,
    ],
    ["what is no error", "denied", ["denied"], false],
  ] as const
) {
  Deno.test(`isFailure of ${codes.join(" or ")} is ${is} for ${what}`, () => {
    assert.equal(isFailure(error, ...codes), is);
  });
}

Deno.test("a hint that does not end as a sentence is no hint: `deno task check` finds it", () => {
  const name = "bob";
  // @ts-expect-error: a full stop is missing
  const bare: Hint = "Do this";
  // @ts-expect-error: what is to be typed stands in backticks, and the full stop behind them
  new MailError("usage", "Cannot", { hint: `Run: mailctl verify ${name}` });
  const whole: readonly Hint[] = [`\`mailctl verify ${name}\` compares it.`, "Did you mean inbox?"];
  assert.deepEqual(whole.map(toldHint), whole);
  assert.notEqual(toldHint(bare), bare);
});

for (
  const [told, shown] of [
    ["Wait", "Wait."],
    ["Wait.", "Wait."],
    ["Did you mean it?", "Did you mean it?"],
    ["cut short by its bou…", "cut short by its bou…"],
    ["", undefined],
    [null, undefined],
  ] as const
) {
  Deno.test(`what another process gives as a hint, ${JSON.stringify(told)}, is shown as ${shown}`, () => {
    assert.equal(toldHint(told), shown);
  });
}
