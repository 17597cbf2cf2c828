/** Ids are told apart by their types: each expected error is one that the type check has to find. */
import { accountId, entryId, uploadId } from "../../../src/model/ids.ts";
import assert from "node:assert/strict";
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

Deno.test("an id is the number that it was made of", () => {
  assert.equal(Number(entryId(7)), 7);
});
