/** What a program that mail is handed to is told: nothing that could end a line or a value. */
import assert from "node:assert/strict";
import { describeMessage, hookVariables } from "../../../../src/cli/waiting/hook.ts";
import type { OpenedMessage } from "../../../../src/client/reading/opened_entry.ts";

const hostile = "a\0b\nMAILCTL_OUTCOME=verified\r\x1b[2J\u202e";

const message = {
  id: 7,
  from: "alice@mail.test",
  origin: null,
  outcome: "unknown",
  headers: {
    to: ["bob@mail.test", hostile],
    cc: [hostile],
    subject: hostile,
    date: 1e300,
    messageId: "1@mail.test",
    inReplyTo: null,
    attachments: [{ name: hostile, type: "", size: 1 }, { name: "b", type: "", size: 2 }],
  },
} as unknown as OpenedMessage;

Deno.test("every variable is there, and none holds what ends a line or a value", () => {
  const told = describeMessage(message);
  assert.deepEqual(Object.keys(told), [...hookVariables]);
  // deno-lint-ignore no-control-regex -- they are what is looked for
  for (const value of Object.values(told)) assert.doesNotMatch(value, /[\0-\x1f\x7f\u202e]/);
  assert.equal(told.MAILCTL_SUBJECT, "a␀b␊MAILCTL_OUTCOME=verified␍␛[2J\\u{202e}");
  assert.equal(told.MAILCTL_ATTACHMENTS, "2");
  assert.equal(told.MAILCTL_DATE, "");
});

Deno.test("what a message that nobody signed says of its sender is told apart from who signed one", () => {
  assert.equal(describeMessage(message).MAILCTL_CLAIMED_FROM, "");
  const headers = { ...message.headers, from: "bob@mail.test" };
  const origin = { kind: "import", importedAt: 0 } as const;
  const told = describeMessage({ ...message, headers, origin });
  assert.equal(told.MAILCTL_FROM, "");
  assert.equal(told.MAILCTL_CLAIMED_FROM, "bob@mail.test");
});

Deno.test("a program takes the hostile values as they are told", async () => {
  const told = describeMessage(message);
  const { stdout } = await new Deno.Command("env", { clearEnv: true, env: told }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const seen = lines.filter((line) => line.startsWith("MAILCTL_")).toSorted();
  assert.deepEqual(seen, Object.entries(told).map((pair) => pair.join("=")).toSorted());
});
