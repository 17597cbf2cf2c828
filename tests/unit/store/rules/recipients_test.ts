/** Who gets a message, and on which terms it is refused. */
import assert from "node:assert/strict";
import { allOrNone, resolveRecipients } from "../../../../src/store/rules/recipients.ts";
import type { SendTerms } from "../../../../src/store/send_store.ts";
import { asAccountName } from "../../../../src/model/address.ts";
import {
  type AccountFingerprint,
  asAccountFingerprint,
  asEnvelopeDigest,
} from "../../../../src/model/digests.ts";

/** Accounts by name, with the first byte of their fingerprints. */
const accounts: Readonly<Record<string, number>> = { ann: 1, bob: 2 };

const partial: SendTerms = { ...allOrNone, partial: true };
const withUnknown: SendTerms = { ...partial, unknown: [asAccountName("zed@example.org")] };

const cases: readonly (readonly [
  what: string,
  /** `name/fingerprint`, in order. */
  recipients: string,
  terms: SendTerms,
  /** Copies by account and who gets none, or the failure. */
  outcome: string,
])[] = [
  ["everybody gets a copy", "ann/1 bob/2", allOrNone, "ann:0 bob:1 -"],
  ["somebody named twice gets the first copy", "ann/1 bob/2 ann/1", allOrNone, "ann:0 bob:1 -"],
  ["all that do not exist are named", "ann/1 cid/3 dee/4", allOrNone, "no_such_recipient cid, dee"],
  [
    "what was unknown before counts",
    "ann/1",
    { ...withUnknown, partial: false },
    "no_such_recipient zed@example.org",
  ],
  ["in part, whoever exists gets it", "cid/3 bob/2", partial, "bob:1 - cid"],
  ["in part, nobody may be left", "cid/3", withUnknown, "- cid zed@example.org"],
  ["all whose key changed are named", "ann/9 cid/3 bob/9", partial, "key_changed ann, bob"],
  [
    "who is missing goes before whose key changed",
    "ann/9 cid/3",
    allOrNone,
    "no_such_recipient cid",
  ],
];

for (const [what, recipients, terms, expected] of cases) {
  Deno.test(`recipients: ${what}`, () => assert.equal(outcome(recipients, terms), expected));
}

function outcome(text: string, terms: SendTerms): string {
  const named = text.split(" ").map((each) => each.split("/") as [string, string]);
  const recipients = named.map(([name, digit], at) => ({
    name: asAccountName(name),
    fingerprint: fingerprint(Number(digit)),
    copy: {
      envelope: Uint8Array.of(at),
      envelopeDigest: asEnvelopeDigest(Uint8Array.of()),
    },
  }));
  const found = named.map(([name]) =>
    accounts[name] === undefined
      ? null
      : { account: name, fingerprint: fingerprint(accounts[name]), blocks: false }
  );
  try {
    const { copies, gone } = resolveRecipients(recipients, found, terms);
    const shown = [...copies].map(([name, { envelope }]) => `${name}:${envelope[0]}`);
    return [...shown, "-", ...gone].join(" ");
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${/Cannot send to (.*?):/.exec(message)![1]}`;
  }
}

function fingerprint(digit: number): AccountFingerprint {
  return asAccountFingerprint(new Uint8Array(32).fill(digit));
}
