/** Ids, names and addresses are told apart by their types: each expected error is one that the type check has to find. */
import { accountId, entryId, listIds, uploadId } from "../../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Keyring } from "../../../src/client/correspondents/keyring.ts";
import type { LoginOptions } from "../../../src/client/account/log_in.ts";
import {
  addressAt,
  asAccountName,
  asAddress,
  formatAddress,
  localName,
  parseAddress,
  parseName,
  qualify,
} from "../../../src/model/address.ts";
import type { AccountFingerprint } from "../../../src/model/digests.ts";
import type { Accounts } from "../../../src/service/accounts.ts";
import type { Store } from "../../../src/store/store.ts";

/** Never called: what is here has to fail to compile, or the type check fails. */
export function swapped(store: Store): void {
  const [account, entry, upload] = [accountId(1), entryId(2), uploadId(3)];
  store.body(account, entry);
  // @ts-expect-error: the arguments are swapped
  store.body(entry, account);
  // @ts-expect-error: an entry is no account
  store.deleteEntries(entry, [entry]);
  // @ts-expect-error: a number is nobody's id
  store.entries(account, [2]);
  // @ts-expect-error: an account is no upload
  store.discardUpload(account);
  store.discardUpload(upload);
}

/** Never called, as above. */
export function mixed(
  store: Store,
  accounts: Accounts,
  keyring: Keyring,
  fingerprint: AccountFingerprint,
  typed: LoginOptions["name"],
): void {
  const [name, address] = [parseName("bob"), addressAt(parseName("bob"), "mail.test")];
  store.findAccount(name);
  // @ts-expect-error: an address is no name
  store.findAccount(address);
  // @ts-expect-error: text that a person typed is no name yet
  store.findAccount(typed);
  // @ts-expect-error: an address may be of another domain
  store.findAccount(formatAddress(parseAddress(typed)));
  // @ts-expect-error: the account may be of another domain, and then there is none
  store.findAccount(localName(parseAddress(typed), "mail.test"));
  // @ts-expect-error: the name and the network address are swapped
  accounts.login("192.0.2.1", new Uint8Array(32), name);
  keyring.judge(address, fingerprint);
  // @ts-expect-error: a name is no address
  keyring.judge(name, fingerprint);
  // @ts-expect-error: text that a person typed is no address yet
  keyring.judge(typed, fingerprint);
  // @ts-expect-error: the name lacks its domain
  keyring.judge(formatAddress(parseAddress(typed)), fingerprint);
  keyring.judge(qualify(formatAddress(parseAddress(typed)), "mail.test"), fingerprint);
  // @ts-expect-error: an address gets no second domain
  addressAt(address, "mail.test");
}

Deno.test("an id is the number that it was made of", () => {
  assert.equal(Number(entryId(7)), 7);
});

Deno.test("a name that stands without a domain is given the server's", () => {
  const qualified = [asAccountName("bob"), asAddress("bob@a.test"), asAddress("bob@b.test")]
    .map((each) => qualify(each, "a.test"));
  assert.deepEqual(qualified, ["bob@a.test", "bob@a.test", "bob@b.test"]);
});

Deno.test("a sentence names ten messages, and how many more there are", () => {
  const ids = (count: number) => Array.from({ length: count }, (_, at) => entryId(at + 1));
  assert.equal(listIds([]), "");
  assert.equal(listIds(ids(2)), "1, 2");
  assert.equal(listIds(ids(10)), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10");
  assert.equal(listIds(new Set(ids(100_000))), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 99990 more");
});
