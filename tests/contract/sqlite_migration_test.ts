/** Databases of earlier versions: they open, and all that is in them is there. */
import { asAccountName } from "../../src/model/address.ts";
import { accountId, entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { verifyBackup } from "../../src/store/sqlite/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import { migrate } from "../../src/store/sqlite/migrate.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { withFolder } from "../support/store_folder.ts";
import { bytes, query, readBody, sampleMessage } from "../support/store_samples.ts";

const message = sampleMessage(accountId(1), { key: "k", to: ["bob"] });

/** Writes what the first version would have: two accounts, and a message from one to the other. */
function writeFirstVersion(folder: string): void {
  Deno.mkdirSync(folder, { mode: 0o700 });
  const path = `${folder}/mailctl.db`;
  const connection = new SqlConnection(path);
  migrate(connection, path, 1);
  connection.run(
    "INSERT INTO meta (id, secret, domain) VALUES (1, ?, ?)",
    new Uint8Array(32),
    "mail.test",
  );
  for (const [id, name] of [[1, "alice"], [2, "bob"]] as const) {
    connection.run(
      `INSERT INTO account (id, name, skeleton, salt, memory_kib, passes, authentication_hash, signing_key,
         recipient, signature, fingerprint, sealed_keys, created_at)
       VALUES (?, ?, ?, x'00', 65536, 3, x'01', x'02', 'age1', x'03', ?, x'05', 7)`,
      id,
      name,
      `skeleton of ${name}`,
      bytes(`fingerprint of ${name}`),
    );
    connection.run("INSERT INTO keyring (account_id, version, sealed) VALUES (?, 4, x'06')", id);
    connection.run(
      "INSERT INTO mailbox (account_id, next_entry, latest, inbox, sent, unread) VALUES (?, 2, 9, ?, ?, ?)",
      id,
      id - 1,
      2 - id,
      id - 1,
    );
  }
  connection.run(
    `INSERT INTO message (id, sender_id, idempotency_key, content_tag, entry_id, holders, body)
     VALUES (1, 1, ?, ?, 1, 2, ?)`,
    message.idempotencyKey,
    message.contentTag,
    message.body as Uint8Array,
  );
  connection.run(
    "INSERT INTO delivery (message_id, recipient_id, position, read_at) VALUES (1, 2, 0, 10)",
  );
  for (
    const [account, box, copy] of [[1, "sent", message.own], [
      2,
      "inbox",
      message.recipients[0]!.copy,
    ]] as const
  ) {
    connection.run(
      `INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at, sealed_bytes,
         envelope_digest, body_header, envelope)
       VALUES (?, 1, ?, 1, 1, 9, 9, ?, ?, ?, ?, ?)`,
      account,
      box,
      box === "sent" ? 9 : null,
      copy.bodyHeader.length + (message.body as Uint8Array).length,
      copy.envelopeDigest,
      copy.bodyHeader,
      copy.envelope,
    );
  }
  connection.close();
  for (const name of ["mailctl.db"]) Deno.chmodSync(`${folder}/${name}`, 0o600);
}

Deno.test("sqlite: a database of the first version opens, with all that is in it", () =>
  withFolder(async (folder) => {
    writeFirstVersion(folder);
    const store = await openStore(folder, { domain: "mail.test" });
    try {
      const bob = (await store.findAccount(asAccountName("bob")))!;
      assert.equal(bob.createdAt, 7);
      assert.equal((await store.keyring(bob.id)).version, 4);
      const { total, unread, entries: [entry] } = await store.list(query(bob.id));
      assert.deepEqual([total, unread, entry!.from], [1, 1, "alice"]);
      assert.deepEqual(entry!.envelope, message.recipients[0]!.copy.envelope);
      const header = message.recipients[0]!.copy.bodyHeader;
      assert.deepEqual(
        (await readBody(store, bob.id, entryId(1))).subarray(header.length),
        message.body,
      );
      assert.equal(await store.findSend(accountId(1), message.idempotencyKey), 1);
      const [sent] = await store.entries(accountId(1), [entryId(1)]); // that it was read, nobody signed
      assert.deepEqual(sent!.deliveries.map((one) => ({ ...one })), [
        { recipient: "bob", receipt: null },
      ]);
      assert.equal(
        (await store.send(sampleMessage(accountId(1), { key: "next", to: ["bob"] }))).id,
        2,
      );
    } finally {
      await store.close();
    }
    assert.equal(verifyBackup(`${folder}/mailctl.db`).schema, migrations.length); // its counts are right
  }));

Deno.test("sqlite: a backup of the first version is checked as it is", () =>
  withFolder(async (folder) => {
    writeFirstVersion(folder);
    await Promise.resolve();
    const path = `${folder}/mailctl.db`;
    const connection = new SqlConnection(path);
    connection.execute("PRAGMA journal_mode = DELETE");
    connection.close();
    const { schema, accounts, messages } = verifyBackup(path);
    assert.deepEqual([schema, accounts, messages], [1, 2, 2]);
  }));
