/** Which messages a reader signs for, and what that says. */
import assert from "node:assert/strict";
import { receiptFor } from "../../../../src/client/reading/give_receipt.ts";
import { decodeReceipt, verifyReceipt } from "../../../../src/crypto/message/receipt.ts";
import { signingKeyOf } from "../../../../src/crypto/signature.ts";
import type { OpenAccount } from "../../../../src/client/account.ts";
import type { OpenedMessage } from "../../../../src/client/reading/opened_entry.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { asContentsDigest } from "../../../../src/model/digests.ts";
import type { Outcome } from "../../../../src/model/message.ts";
import { listedMessage } from "../../../support/listed_message.ts";

const signingSeed = new Uint8Array(32).fill(1);
const fingerprint = new Uint8Array(32).fill(2);
const contents = asContentsDigest(new Uint8Array(32).fill(3));
const address = asAddress("bob@mail.test");
const bob = { address, fingerprint, share: { signingSeed } } as unknown as OpenAccount;

function opened(change: Partial<OpenedMessage>): OpenedMessage {
  const message = { ...listedMessage({}), outcome: "signed", contents, ...change };
  return message as OpenedMessage;
}

const cases: readonly (readonly [boolean, ...Outcome[]])[] = [
  [true, "verified", "signed", "unknown"],
  [false, "changed", "invalid", "notice"],
];

for (const [given, ...outcomes] of cases) {
  for (const outcome of outcomes) {
    Deno.test(`a message that is ${outcome} gets ${given ? "a" : "no"} receipt`, async () => {
      const receipt = await receiptFor(bob, opened({ outcome }), 5);
      assert.equal(receipt !== null, given);
    });
  }
}

Deno.test("no receipt is given for one's own copy, nor for what has no contents", async () => {
  assert.equal(await receiptFor(bob, opened({ box: "sent" }), 5), null);
  assert.equal(await receiptFor(bob, opened({ contents: null }), 5), null);
});

Deno.test("no receipt is given by a login that signs nothing", async () => {
  const reader = { ...bob, share: { ...bob.share, signingSeed: null } };
  assert.equal(await receiptFor(reader, opened({}), 5), null);
});

Deno.test("a receipt names the message, its sender and its reader", async () => {
  const message = opened({});
  const receipt = decodeReceipt((await receiptFor(bob, message, 5))!);
  const { messageId } = message.headers;
  const read = { messageId, contents, sender: message.from, reader: address };
  assert.equal(receipt.readAt, 5);
  assert.ok(await verifyReceipt(await signingKeyOf(signingSeed), read, receipt));
});
