/** What is sealed under the mailbox key opens for the account and the entry it was made for, and no other. */
import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import {
  type FilingOwner,
  MailboxKey,
  type SummaryOwner,
} from "../../../../src/crypto/account/mailbox_key.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { utf8 } from "../../../../src/model/bytes.ts";
import { asEnvelopeDigest, asKeyringTag } from "../../../../src/model/digests.ts";

const secret = new Uint8Array(32).fill(4);
const key = await MailboxKey.derive(secret, asAddress("alice@example.org"), ["now"]);
const sameSecret = await MailboxKey.derive(secret, asAddress("bob@example.org"), ["now"]);
const sameAddress = await MailboxKey.derive(secret.with(0, 5), asAddress("alice@example.org"), [
  "now",
]);
const owner: SummaryOwner = {
  id: 7,
  box: "inbox",
  envelopeDigest: asEnvelopeDigest(new Uint8Array(32).fill(9)),
};
const content = utf8("signed envelope");
const summary = await key.sealSummary(owner, content);
const place = { version: 3, after: asKeyringTag(new Uint8Array(16).fill(1)) };
const keyring = await key.sealKeyring(place, content);
const state: FilingOwner = { envelopeDigest: owner.envelopeDigest, version: 3 };
const filing = await key.sealFiling(state, content);
const folders = await key.sealFolders(3, content);
const outline = await key.sealOutline(owner, content);
const broken = { name: "MailError", code: "bad_signature" };

Deno.test("a summary, an outline, a keyring, a filing and a list of folders open as they were sealed", async () => {
  assert.deepEqual(await key.openSummary(owner, summary), content);
  assert.deepEqual(await key.openKeyring(place, keyring), content);
  const empty = await key.sealKeyring(place, new Uint8Array(0));
  assert.deepEqual(await key.openKeyring(place, empty), new Uint8Array(0));
  assert.deepEqual(await key.openFiling(state, filing), content);
  assert.deepEqual(await key.openFolders(3, folders), content);
  assert.deepEqual(await key.openOutline(owner, outline), content);
  assert.notDeepEqual(await key.sealSummary(owner, content), summary, "a nonce of its own");
});

const { envelopeDigest } = owner;
const unopened: readonly [name: string, open: () => Promise<unknown>][] = [
  ["a summary of another id", () => key.openSummary({ ...owner, id: 8 }, summary)],
  ["a summary of the other box", () => key.openSummary({ ...owner, box: "sent" }, summary)],
  [
    "a summary of another envelope",
    () =>
      key.openSummary(
        { ...owner, envelopeDigest: asEnvelopeDigest(envelopeDigest.with(31, 0)) },
        summary,
      ),
  ],
  ["an outline of another id", () => key.openOutline({ ...owner, id: 8 }, outline)],
  ["an outline of the other box", () => key.openOutline({ ...owner, box: "sent" }, outline)],
  [
    "an outline of another envelope",
    () =>
      key.openOutline(
        { ...owner, envelopeDigest: asEnvelopeDigest(envelopeDigest.with(31, 0)) },
        outline,
      ),
  ],
  ["another account's outline", () => sameSecret.openOutline(owner, outline)],
  ["an outline under another secret", () => sameAddress.openOutline(owner, outline)],
  ["an outline in the place of a summary", () => key.openSummary(owner, outline)],
  ["a summary in the place of an outline", () => key.openOutline(owner, summary)],
  ["another account's summary", () => sameSecret.openSummary(owner, summary)],
  ["a summary under another secret", () => sameAddress.openSummary(owner, summary)],
  ["an older keyring", () => key.openKeyring({ ...place, version: 2 }, keyring)],
  ["a newer keyring", () => key.openKeyring({ ...place, version: 4 }, keyring)],
  ["a keyring as a whole one", () => key.openKeyring({ ...place, after: null }, keyring)],
  [
    "a keyring behind another part",
    () => key.openKeyring({ ...place, after: asKeyringTag(new Uint8Array(16)) }, keyring),
  ],
  ["another account's keyring", () => sameSecret.openKeyring(place, keyring)],
  ["a keyring under another secret", () => sameAddress.openKeyring(place, keyring)],
  ["a summary in the place of a keyring", () => key.openKeyring({ ...place, version: 7 }, summary)],
  ["a keyring in the place of a summary", () => key.openSummary({ ...owner, id: 3 }, keyring)],
  ["nothing", () => key.openKeyring(place, new Uint8Array(0))],
  ["a nonce alone", () => key.openKeyring(place, keyring.slice(0, 12))],
  ["an older filing", () => key.openFiling({ ...state, version: 2 }, filing)],
  [
    "a filing of another envelope",
    () =>
      key.openFiling(
        { ...state, envelopeDigest: asEnvelopeDigest(envelopeDigest.with(31, 0)) },
        filing,
      ),
  ],
  ["another account's filing", () => sameSecret.openFiling(state, filing)],
  ["a filing under another secret", () => sameAddress.openFiling(state, filing)],
  ["an older list of folders", () => key.openFolders(2, folders)],
  ["another account's list of folders", () => sameSecret.openFolders(3, folders)],
  ["a list of folders in the place of a filing", () => key.openFiling(state, folders)],
  ["a filing in the place of a list of folders", () => key.openFolders(3, filing)],
  [
    "a list of folders in the place of a keyring",
    () => key.openKeyring({ ...place, after: null }, folders),
  ],
];

for (const [name, open] of unopened) {
  Deno.test(`sealed data does not open: ${name}`, async () => {
    await assert.rejects(open(), broken);
  });
}

Deno.test("sealed data does not open with any byte changed, or cut", async () => {
  for (let at = 0; at < summary.length; at++) {
    await assert.rejects(key.openSummary(owner, summary.with(at, summary[at]! ^ 0x80)), broken);
    await assert.rejects(key.openSummary(owner, summary.slice(0, at)), broken);
  }
});

Deno.test("the tags of a send are HMACs under the send key: WIRE 8.4", async () => {
  const sendKey = new Uint8Array(hkdfSync("sha256", secret, "", "mailctl send v1", 32));
  const value = utf8("note 1");
  const tags = [
    ["key", await key.idempotencyKey("key", value)],
    ["import", await key.idempotencyKey("import", value)],
    ["content", await key.contentTag(value)],
  ] as const;
  for (const [purpose, tag] of tags) {
    const expected = createHmac("sha256", sendKey).update(`${purpose}\0`).update(value).digest();
    assert.deepEqual(tag, new Uint8Array(expected));
  }
});

Deno.test("a tag differs by purpose, by value and by secret", async () => {
  const tags = [
    await key.idempotencyKey("key", utf8("a")),
    await key.contentTag(utf8("a")),
    await key.idempotencyKey("key", utf8("b")),
    await key.idempotencyKey("key", utf8("")),
    await sameAddress.idempotencyKey("key", utf8("a")),
  ];
  assert.equal(new Set(tags.map((tag) => tag.toHex())).size, tags.length);
});

Deno.test("summaries and outlines of before a change of keys open; who has only the older keys opens no later ones", async () => {
  const address = asAddress("alice@example.org");
  const before = await MailboxKey.derive(secret, address, ["before"]);
  const after = await MailboxKey.derive(secret, address, ["after", "before"]);
  const [old, fresh] = [
    await before.sealSummary(owner, utf8("old")),
    await after.sealSummary(owner, utf8("new")),
  ];
  assert.deepEqual(await after.openSummary(owner, old), utf8("old"));
  assert.deepEqual(await after.openSummary(owner, fresh), utf8("new"));
  await assert.rejects(before.openSummary(owner, fresh), { code: "bad_signature" });
  const outline = await before.sealOutline(owner, utf8("old"));
  assert.deepEqual(await after.openOutline(owner, outline), utf8("old"));
  const later = await after.sealOutline(owner, utf8("new"));
  await assert.rejects(before.openOutline(owner, later), { code: "bad_signature" });
});
