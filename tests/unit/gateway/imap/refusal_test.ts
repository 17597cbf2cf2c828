import { equal } from "node:assert/strict";
import { No, refusalOf } from "../../../../src/gateway/imap/refusal.ts";
import { type FailureCode, failures, MailError } from "../../../../src/model/errors.ts";

for (const code of Object.keys(failures) as FailureCode[]) {
  if (!failures[code].retry) continue;
  Deno.test(`${code} is told with the code of what may pass`, () => {
    const { code: told } = refusalOf(new MailError(code, "Cannot do that")) as No;
    equal(["UNAVAILABLE", "LIMIT", "OVERQUOTA"].includes(told ?? ""), true);
  });
}
