/** Who an answer goes to and what it is called, whatever the sender signed. */
import assert from "node:assert/strict";
import {
  answerTo,
  forwardedSubject,
  requireVerified,
} from "../../../../src/client/sending/reply_draft.ts";
import type { ListedMessage } from "../../../../src/client/reading/opened_entry.ts";
import { withQuote } from "../../../../src/cli/message/quote.ts";
import { quoteLines } from "../../../../src/mime/quote.ts";
import { asAddress } from "../../../../src/model/address.ts";
import type { Headers } from "../../../../src/model/message.ts";
import { listedMessage } from "../../../support/listed_message.ts";
import { bytesOf, collect, cut } from "../../../support/mime.ts";

const own = asAddress("bob@x.test");

function received(headers: Partial<Headers>, more: Partial<ListedMessage> = {}): ListedMessage {
  return listedMessage({ to: [own], ...headers }, more);
}

const subjects: readonly (readonly [string, string, string])[] = [
  ["Lunch", "Re: Lunch", "Fwd: Lunch"],
  ["Re: Lunch", "Re: Lunch", "Fwd: Re: Lunch"],
  ["RE: re[2]:  Re: Lunch", "Re: Lunch", "Fwd: RE: re[2]:  Re: Lunch"],
  ["Fwd: FW: Lunch", "Re: Fwd: FW: Lunch", "Fwd: Lunch"],
  ["Regarding: x", "Re: Regarding: x", "Fwd: Regarding: x"],
  ["", "Re:", "Fwd:"],
  ["a\r\nBcc: eve\0", "Re: a  Bcc: eve", "Fwd: a  Bcc: eve"],
];

for (const [subject, answered, forwarded] of subjects) {
  Deno.test(`the subject ${JSON.stringify(subject)} gets one prefix and stays one line`, () => {
    const message = received({ subject });
    assert.equal(answerTo(message, own, false).subject, answered);
    assert.equal(forwardedSubject(message.headers!), forwarded);
  });
}

Deno.test("a subject of the greatest length is cut between characters", () => {
  const { subject } = answerTo(received({ subject: "ü".repeat(1024) }), own, false);
  assert.equal(subject, `Re: ${"ü".repeat(1022)}`);
});

const shown = {
  to: ["Bob <bob@x.test>", "carol@x.test"],
  cc: ["dave@x.test", "CAROL@x.test", "alice@x.test"],
};

Deno.test("an answer goes to the sender, with --all to the others once and not to oneself", () => {
  const message = received(shown);
  assert.deepEqual(answerTo(message, own, false).cc, []);
  const { to, cc } = answerTo(message, own, true);
  assert.deepEqual([to, cc], [["alice@x.test"], ["carol@x.test", "dave@x.test"]]);
});

Deno.test("an answer to a sent message goes to its recipients, never to a hidden one", () => {
  const sent = received({ ...shown, bcc: ["eve@x.test"] }, { box: "sent", from: own });
  const { to, cc } = answerTo(sent, own, true);
  assert.deepEqual([to, cc], [shown.to, ["dave@x.test", "alice@x.test"]]);
  const hidden = received({ to: [], bcc: ["eve@x.test"] }, { box: "sent", from: own });
  assert.throws(() => answerTo(hidden, own, true), { code: "usage" });
});

Deno.test("an answer to what nobody signed goes to who it says it is from, as it is shown", () => {
  const origin = { kind: "import", importedAt: 0 } as const;
  const more = { from: own, outcome: "imported", origin } as const;
  assert.deepEqual(answerTo(received({ from: "zoe@y.test" }, more), own, false).to, ["zoe@y.test"]);
  for (const from of ["", "admin"]) {
    assert.throws(() => answerTo(received({ from }, more), own, false), { code: "usage" });
  }
  const unquoted = received({ from: "zoe@y.test", to: ["Doe", "john@y.test"], cc: ["root"] }, more);
  assert.deepEqual(answerTo(unquoted, own, true).cc, ["john@y.test"]);
});

const untrusted = [
  [{ outcome: "invalid" }, "bad_signature"],
  [{ headers: null }, "bad_signature"],
  [{ outcome: "changed" }, "key_changed"],
] as const;

for (const [broken, code] of untrusted) {
  Deno.test(`what does not verify is neither answered nor passed on: ${JSON.stringify(broken)}`, () => {
    const message = received({}, broken);
    assert.throws(() => answerTo(message, own, false), { code });
    assert.throws(() => requireVerified(message, "forward"), { code });
  });
}

Deno.test("every line of a quotation is marked, also behind a lone CR", () => {
  assert.equal(quoteLines("a\rb\r\n\n> c\n"), "> a\n> b\n>\n>> c\n");
  assert.equal(quoteLines(""), "");
  assert.equal(quoteLines("\n\n"), ">\n>\n");
});

Deno.test("a quotation stands behind a blank line", async () => {
  for (const [body, whole] of [["a", "a\n\nQ"], ["a\n", "a\n\nQ"], ["", "Q"]] as const) {
    for (const content of [bytesOf(body), cut(bytesOf(body), 1)]) {
      assert.deepEqual(await collect(withQuote(content, "Q")), bytesOf(whole));
    }
  }
});
