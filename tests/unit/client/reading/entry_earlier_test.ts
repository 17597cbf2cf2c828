/** Mail of an account whose keys changed: what was sealed to the earlier ones opens, and they sign nothing new. */
import assert from "node:assert/strict";
import type { OpenAccount } from "../../../../src/client/account.ts";
import { openEntry } from "../../../../src/client/reading/entry.ts";
import { sealFile } from "../../../../src/crypto/age/file.ts";
import { signEnvelope } from "../../../../src/crypto/message/envelope.ts";
import { shareOf } from "../../../../src/crypto/account/device.ts";
import { accountFingerprint } from "../../../../src/crypto/fingerprint.ts";
import { generateSecretKeys, publicKeysOf } from "../../../../src/crypto/account/identity.ts";
import { MailboxKey } from "../../../../src/crypto/account/mailbox_key.ts";
import { succession } from "../../../../src/model/account.ts";
import { asAccountName, asAddress } from "../../../../src/model/address.ts";
import { envelopeBetween } from "../../../support/envelope.ts";
import { emptyKeyring, sealedEntry } from "../../../support/sealed_entry.ts";

const address = asAddress("bob@example.org");
const until = 1_000_000_000;

async function makeKeys() {
  const secretKeys = generateSecretKeys();
  const publicKeys = await publicKeysOf(secretKeys);
  return { secretKeys, publicKeys, fingerprint: await accountFingerprint(publicKeys) };
}

const [old, current, foreign] = [await makeKeys(), await makeKeys(), await makeKeys()];
const imported = await makeKeys();
const earlier = [[old, until], [imported, 0]].map(([keys, until]) => {
  const { secretKeys: { identity }, fingerprint } = keys as typeof old;
  return { identity, fingerprint, until: until as number };
});
const bob: OpenAccount = {
  ...current,
  share: await shareOf("mail", { ...current.secretKeys, earlier }),
  name: asAccountName("bob"),
  address,
  domain: "example.org",
  mailboxKey: await MailboxKey.derive(current.secretKeys.mailboxKey, address, ["now"]),
  maxMessageBytes: 1000,
};
const ring = await emptyKeyring(bob.mailboxKey);

type Keys = typeof old;

async function outcomeOf(
  { box, from, by, to, date }: {
    box: "inbox" | "sent";
    from: string;
    by: Keys;
    to: Keys;
    date: number;
  },
): Promise<string> {
  const envelope = {
    ...envelopeBetween({ ...by, address: asAddress(`${from}@example.org`) }, { ...to, address }),
    date,
  };
  const signed = await signEnvelope(by.secretKeys.signingSeed, envelope);
  const sealed = await sealFile(to.publicKeys.recipient, signed);
  const { message } = await openEntry(
    bob,
    ring,
    await sealedEntry(sealed, { box, from: asAccountName(from) }),
  );
  return message.outcome;
}

const own = { box: "sent", from: "bob", by: old, to: old, date: until } as const;
const received = { box: "inbox", from: "alice", by: foreign, to: old, date: until } as const;

const cases: readonly [string, Parameters<typeof outcomeOf>[0], string][] = [
  ["own mail of before", own, "verified"],
  ["own mail by a clock ahead", { ...own, date: until + succession.slackMs }, "verified"],
  [
    "own mail by the old keys, of after",
    { ...own, date: until + succession.slackMs + 1 },
    "invalid",
  ],
  ["own mail by the new keys", { ...own, by: current, to: current, date: until * 2 }, "verified"],
  ["own mail by somebody else's keys", { ...own, by: foreign }, "invalid"],
  ["mail sealed to the old keys", received, "unknown"],
  ["mail sealed to them by a clock ahead", { ...received, date: until * 2 }, "unknown"],
  ["mail to oneself in the inbox, of before", { ...own, box: "inbox" }, "verified"],
  ["mail sealed to imported keys", { ...received, to: imported }, "unknown"],
  ["own mail by imported keys", { ...own, by: imported }, "invalid"],
  ["own mail by imported keys, of 1970", { ...own, by: imported, date: 0 }, "invalid"],
  ["mail to keys that were never one's own", { ...received, to: foreign }, "invalid"],
];

for (const [name, entry, outcome] of cases) {
  Deno.test(`${name} is ${outcome}`, async () => assert.equal(await outcomeOf(entry), outcome));
}
