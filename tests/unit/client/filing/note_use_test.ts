/** What was sent is sent, whether or not it can be noted. */
import { deepEqual } from "node:assert/strict";
import type { FilingChange } from "../../../../src/client/filing/filing_change.ts";
import { noteUse } from "../../../../src/client/filing/note_use.ts";
import type { MailboxContext } from "../../../../src/client/mailbox_context.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { entryId } from "../../../../src/model/ids.ts";

/** Notes the use of message 7, and returns what was asked for and told. */
async function noted(
  draft: Parameters<typeof noteUse>[2],
  { isAllowed = true, failure }: { isAllowed?: boolean; failure?: MailError } = {},
): Promise<string[]> {
  const seen: string[] = [];
  const context = { client: { allows: () => isAllowed }, warn: (text: string) => seen.push(text) };
  const change = (ids: readonly number[], { addFlags }: FilingChange) => {
    seen.push(`${ids} ${addFlags}`);
    return failure === undefined ? Promise.resolve([]) : Promise.reject(failure);
  };
  await noteUse(context as unknown as MailboxContext, { change }, draft);
  return seen;
}

const replyTo = entryId(7);

Deno.test("what was answered and passed on is marked so", async () => {
  deepEqual(await noted({ replyTo }), ["7 answered"]);
  deepEqual(await noted({ forwards: replyTo }), ["7 forwarded"]);
  deepEqual(await noted({}), []);
});

Deno.test("a login that may not file leaves it", async () => {
  deepEqual(await noted({ replyTo }, { isAllowed: false }), []);
});

Deno.test("that it cannot be marked is told, and no failure", async () => {
  const failure = new MailError("unavailable", "Cannot reach the server");
  deepEqual(
    await noted({ replyTo }, { failure }),
    ["7 answered", "Cannot mark message 7 as answered: the server cannot be reached"],
  );
});
