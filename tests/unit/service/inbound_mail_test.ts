/** What an address that brings mail from outside is held to. */
import assert from "node:assert/strict";
import { MailError } from "../../../src/model/errors.ts";
import { InboundMail } from "../../../src/service/inbound_mail.ts";
import { RateLimiter, rates } from "../../../src/service/rate_limit.ts";
import { UploadBudget } from "../../../src/service/upload_budget.ts";
import { MemoryStore } from "../../support/memory_store.ts";
import { createAccounts } from "../../support/store_samples.ts";

Deno.test("names that cannot be looked for, as while the store is away, are no guesses", async () => {
  const store = new MemoryStore("mail.test");
  await createAccounts(store, ["alice"]);
  const inboundMail = new InboundMail({
    store,
    limiter: new RateLimiter(() => 0),
    budget: new UploadBudget(() => 0),
    maxSealedBytes: () => 0,
    quota: { maxBytes: 0, maxMessages: 0 },
    now: () => 0,
    onStored: () => {},
  });
  const from = { account: null, addresses: [] };
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
