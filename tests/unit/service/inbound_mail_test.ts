/** What an address that brings mail from outside is held to, and what it is told. */
import assert from "node:assert/strict";
import { MailError } from "../../../src/model/errors.ts";
import { limits } from "../../../src/model/limits.ts";
import { InboundMail } from "../../../src/service/inbound_mail.ts";
import { RateLimiter, rates } from "../../../src/service/rate_limit.ts";
import { UploadBudget } from "../../../src/service/upload_budget.ts";
import { MemoryStore } from "../../support/memory_store.ts";
import { createAccounts, query } from "../../support/store_samples.ts";

Deno.test("names that cannot be looked for, as while the store is away, are no guesses", async () => {
  const store = new MemoryStore("mail.test");
  await createAccounts(store, ["alice"]);
  const inboundMail = inboundMailOf(store);
  const find = () => inboundMail.addressee("alice", { from, bytes: 1, address: "192.0.2.1" });
  const away = new MailError("unavailable", "Cannot reach the database");
  const { findKeys } = store;
  store.findKeys = () => Promise.reject(away);
  for (let tried = 0; tried <= rates.unknownRecipientByAddress.burst; tried++) {
    await assert.rejects(find(), away);
  }
  store.findKeys = findKeys;
  assert.equal((await find()).name, "alice");
  await store.close();
});

Deno.test("mail that is stored is taken, and its upload dropped, as far as the store can", async () => {
  const store = new MemoryStore("mail.test");
  const [alice] = await createAccounts(store, ["alice"]);
  store.discardUpload = () => Promise.reject(new MailError("unavailable", "Cannot reach it"));
  const inboundMail = inboundMailOf(store);
  const to = await inboundMail.addressee("alice", { from, bytes: 1, address: "192.0.2.1" });
  const message = inboundMail.begin();
  await message.append(new Uint8Array(limits.maxInlineBodyBytes + 1)); // more than is kept in memory
  await message.store(from, [{ to, envelope: new Uint8Array(100) }]);
  assert.equal((await store.list(query(alice!.id))).total, 1);
  await store.close();
});

const from = { account: null, addresses: [] };

function inboundMailOf(store: MemoryStore): InboundMail {
  return new InboundMail({
    store,
    limiter: new RateLimiter(() => 0),
    budget: new UploadBudget(() => 0),
    maxSealedBytes: () => 2 * limits.maxInlineBodyBytes,
    quota: { maxBytes: 0, maxMessages: 0 },
    now: () => 0,
    onStored: () => {},
  });
}
