/** A mailbox of 100,000 messages, through the real program: what takes a page takes no longer, and finds the right one. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { utf8 } from "../../src/model/bytes.ts";
import { Stage } from "../support/person.ts";
import { openHere } from "../support/person_here.ts";

const count = 100_000;
/** So many at either end can be opened. Those between them are there, and no more. */
const ends = 60;

Deno.test("100,000 messages in a mailbox", async (t) => {
  await using stage = new Stage();
  const server = await stage.server({ args: ["--quota", "0", "--quota-messages", "0"] });
  const [alice, bob, carol] = await stage.people(server, "alice", "bob", "carol");
  const senders = await Promise.all([alice!, carol!].map((one) => openHere(one, server.address)));
  for (let n = 0; n < 2 * ends; n++) {
    const { name } = [alice!, carol!][n % 2]!;
    const draft = { to: ["bob"], cc: [], bcc: [], subject: `from ${name}`, attachments: [] };
    await senders[n % 2]!.send({ ...draft, body: utf8(`${name}\n`) });
    if (n === 1) assert.equal((await bob!.list("inbox")).total, 2); // both keys are noted
  }
  for (const sender of senders) sender.close();
  await server.stop();
  fill(`${stage.folder}/server/home/.local/share/mailctl/data/mailctl.db`);
  await server.start();
  const ids = async (...flags: string[]) => {
    const { out } = await bob!.do(["inbox", ...flags, "--json"]);
    return JSON.parse(out).messages.map(({ id }: { id: number }) => id);
  };

  await t.step("the first page, with the counts of all", async () => {
    const { total, unread, messages } = JSON.parse((await bob!.do(["inbox", "--json"])).out);
    assert.deepEqual([total, unread, messages[0].id], [count, count / 2, count]);
    assert.ok(messages.every(({ outcome }: { outcome: string }) => outcome === "signed"));
  });

  await t.step("pages of older ones, down to the first", async () => {
    assert.deepEqual(await ids("-n", "3", "--before", `${count - 10}`), below(count - 10, 1, 3));
    assert.deepEqual(await ids("-n", "5", "--before", "4"), [3, 2, 1]);
  });

  await t.step("those of one sender, and those not read", async () => {
    assert.deepEqual(await ids("--from", "carol", "-n", "3"), below(count + 2, 2, 3));
    assert.deepEqual(await ids("--from", "alice", "--before", "6"), [5, 3, 1]);
    assert.deepEqual(await ids("--unread", "-n", "2"), below(count + 1, 2, 2));
    assert.deepEqual(await ids("--unread", "--from", "carol"), []);
  });

  await t.step("the oldest that was not read is the one that is waited for", async () => {
    const flags = ["--unread", "--from", "alice", "--timeout", "9s", "--json"];
    assert.equal(JSON.parse((await bob!.do(["wait", ...flags])).out).id, 1);
    assert.equal(JSON.parse((await bob!.do(["wait", ...flags])).out).id, 3);
  });

  await t.step("reading and deleting at either end, and the counts after it", async () => {
    assert.equal((await bob!.do(["read", `${count - 1}`, "--body"])).out, "alice\n");
    assert.equal((await bob!.do(["read", "2", "--body"])).out, "carol\n");
    await bob!.do(["delete", "2", `${count}`]);
    const { total, unread, messages } = JSON.parse((await bob!.do(["inbox", "--json"])).out);
    assert.deepEqual([total, unread, messages[0].id], [count - 2, count / 2 - 3, count - 1]);
    assert.equal((await bob!.run(["read", "2"])).status, 66);
  });

  await t.step("one more arrives as the next", async () => {
    await alice!.send(["bob", "-m", "one more"]);
    assert.deepEqual(await ids("-n", "2"), [count + 1, count - 1]);
  });

  await t.step("an export of what is named", async () => {
    const last = below(count, 1, 50).map(String);
    const { out } = await bob!.do(["export", "--format", "json", ...last]);
    assert.equal(out.trim().split("\n").length, 50);
  });
});

/** So many numbers below one, the highest first. */
function below(most: number, step: number, length: number): number[] {
  return Array.from({ length }, (_, at) => most - step * (at + 1));
}

/** Odd ids are from alice and unread, even ones from carol and read. */
function fill(path: string): void {
  using database = new DatabaseSync(path);
  const [first] = database.prepare("SELECT * FROM entry WHERE box = 'inbox' AND id = 1").all();
  const account = first!["account_id"] as number;
  const [low, high] = [ends, count - ends];
  database.exec("BEGIN");
  database.exec(`
    UPDATE entry SET id = id + ${high - low} WHERE account_id = ${account} AND id > ${low};
    UPDATE entry SET read_at = stored_at WHERE account_id = ${account} AND id % 2 = 0;
    WITH RECURSIVE numbers (id) AS
      (SELECT ${low + 1} UNION ALL SELECT id + 1 FROM numbers WHERE id < ${high})
    INSERT INTO entry (account_id, id, box, sender_id, message_id, stored_at, latest, read_at,
      sealed_bytes, envelope_digest, envelope)
    SELECT account_id, numbers.id, box, sender_id, message_id, stored_at, latest, read_at, sealed_bytes,
      envelope_digest, x'00'
    FROM numbers JOIN entry ON entry.account_id = ${account} AND entry.id = 2 - numbers.id % 2;
    DELETE FROM filing WHERE account_id = ${account};
    INSERT INTO filing (account_id, id, place, modseq)
      SELECT account_id, id, id, id FROM entry WHERE account_id = ${account};
    UPDATE message SET holders = holders + ${(high - low) / 2}
    WHERE id IN (SELECT message_id FROM entry WHERE account_id = ${account} AND id <= 2);
    UPDATE mailbox SET next_entry = ${count + 1}, modseq = ${count}, inbox = ${count}, unread = ${
    count / 2
  },
      latest = (SELECT max(latest) FROM entry WHERE account_id = ${account}),
      bytes = (SELECT sum(sealed_bytes + length(envelope)) FROM entry WHERE account_id = ${account})
    WHERE account_id = ${account};
  `);
  database.exec("COMMIT");
}
