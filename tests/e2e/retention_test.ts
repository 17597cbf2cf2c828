/** Mail that is kept for a time only: as people see it, in a real server, and as a server may lie about it. */
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { findSchema } from "../../src/cli/schema/schemas.ts";
import { type RetentionNotice, retentionOf } from "../../src/model/retention.ts";
import { SqlConnection } from "../../src/store/sqlite/connection.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import { changedEntries, HostileServer, type Lies } from "../support/hostile_server.ts";
import { schemaErrors } from "../support/json_schema.ts";
import { Stage, until } from "../support/person.ts";

const day = 86_400_000;
const retention = retentionOf(90 * day);

/** Lets a server with this store look at all mailboxes at another time. */
function lookAt({ store }: HostileServer, now: number): Promise<number | null> {
  return store.retain(retention, now, 0);
}

Deno.test("mail that a server keeps for a time only", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-s", "Never opened", "-m", "hello"]);
  await alice!.send(["bob", "-s", "Opened", "-m", "hello"]);
  await bob!.read(entryId(2));
  const now = Date.now() + 100 * day;
  const goesAt = new Date(now + 7 * day).toISOString();

  await t.step("is announced in the inbox before any of it goes", async () => {
    await lookAt(server, now);
    const { out } = await bob!.do(["inbox", "-n", "1"]);
    const subject = `2 messages will be removed from ${goesAt.slice(0, 10)} on`;
    const time = new Date(now).toISOString();
    assert.equal(out, `3\tunread\tnotice\t${time}\tmailer-daemon@mail.test\t${subject}\t0\n`);
    const page = await bob!.list("inbox", "--from", "mailer-daemon");
    assert.deepEqual(schemaErrors(findSchema("inbox")!, page), []);
    const [{ retentionNotice }] = page.messages as unknown as [
      { retentionNotice: RetentionNotice },
    ];
    assert.deepEqual([retentionNotice.messages, retentionNotice.goesAt], [2, goesAt]);
    assert.equal((await bob!.list("inbox")).total, 3);
  });

  await t.step("the announcement is read, written out, watched and answered as mail", async () => {
    const { out } = await bob!.do(["read", "3", "--peek"]);
    assert.match(out, /^Signature: none: the server wrote this$/m);
    assert.match(out, new RegExp(`The server removes nothing before ${goesAt}`));
    assert.match(out, /2 messages of yours, received or/);
    const { out: source } = await bob!.do(["read", "3", "--peek", "--raw"]);
    assert.match(source, /^Auto-Submitted: auto-generated\r$/m);
    assert.match(source, /^Message-ID: <removal\.3\.\d+@mail\.test>\r$/m);
    const { out: mbox } = await bob!.do(["export"]);
    assert.match(mbox, /^Subject: Opened$[^]*^Subject: 2 messages will be removed/m);
    const watched = await bob!.do(["watch", "--unread", "--count", "2"]);
    assert.match(watched.out, /^3\tunread\tnotice\t/m);
    assert.equal((await bob!.run(["reply", "3", "-m", "no"])).status, 64);
    await bob!.do(["read", "3", "--body"]);
    assert.equal((await bob!.list("inbox")).unread, 1);
  });

  await t.step("goes when its time has come; who sent what nobody read gets it back", async () => {
    await lookAt(server, now + 7 * day - 1);
    assert.equal((await bob!.list("inbox")).total, 3);
    await lookAt(server, now + 7 * day);
    assert.deepEqual((await bob!.list("inbox")).messages.map(({ id }) => id), [3]);
    assert.equal((await bob!.run(["read", "1"])).status, 66);
    const [notice] = (await alice!.list("inbox")).messages;
    assert.deepEqual([notice!.outcome, notice!.subject], ["notice", "Returned: Never opened"]);
    const { out } = await alice!.do(["read", `${notice!.id}`]);
    assert.match(
      out,
      /bob@mail\.test:\nthe message was not read for as long as the server keeps mail\./,
    );
    assert.match(out, /attached as you sent it/);
    const { messages } = await alice!.list("sent");
    const states = messages.map(({ deliveries }) => deliveries.map(({ state }) => state));
    assert.deepEqual(states, [["read"], ["bounced"]]);
    await lookAt(server, now + 9 * day);
    assert.equal((await alice!.list("sent")).total, 0);
  });
});

function told(change: (retentionNotice: RetentionNotice) => RetentionNotice): Lies {
  return {
    retentionNotices: (honest) => async (account, ids) =>
      (await honest.retentionNotices(account, ids)).map(change),
  };
}

function shown(change: (entry: Entry) => Entry): Lies {
  return changedEntries((entry) => entry.id === 2 ? change(entry) : entry);
}

const never = Number.MAX_SAFE_INTEGER;
const lies: readonly [string, Lies][] = [
  ["no messages", told((it) => ({ ...it, messages: 0 }))],
  ["a time that no clock shows", told((it) => ({ ...it, goesAt: never }))],
  ["all times such", told((it) => ({ ...it, at: never, oldest: never, goesAt: never }))],
  ["an announcement after the fact", told((it) => ({ ...it, at: it.goesAt + 1 }))],
  ["mail younger than its end", told((it) => ({ ...it, oldest: it.goesAt + 1 }))],
  ["nothing", { retentionNotices: () => () => Promise.resolve([]) }],
  ["another entry", told((it) => ({ ...it, id: entryId(it.id + 1) }))],
  ["a sent box", shown((entry) => ({ ...entry, box: "sent" }))],
  ["an envelope", shown((entry) => ({ ...entry, envelope: new Uint8Array(9) }))],
  ["a summary", shown((entry) => ({ ...entry, envelope: null, summary: new Uint8Array(9) }))],
];

Deno.test("a server that announces what cannot be is found out", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "hello"]);
  await lookAt(server, Date.now() + 100 * day);
  for (const [name, lie] of lies) {
    await t.step(name, async () => {
      const { status, out } = await server.lying(lie, () => bob!.run(["read", "2", "--body"]));
      assert.deepEqual([status, out], [82, ""]);
      const listed = await server.lying(lie, () => bob!.run(["inbox", "--json"]));
      if (name === "a sent box") return assert.equal(listed.status, 76);
      const { messages } = JSON.parse(listed.out);
      assert.deepEqual([messages[0].outcome, messages[0].subject], ["invalid", null]);
    });
  }
  await t.step("honest again, it is believed", async () => {
    assert.match((await bob!.do(["read", "2"])).out, /1 message of yours/);
  });
});

Deno.test("serve --keep, set while the server runs", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "old news"]);
  await server.stop();
  const home = `${stage.folder}/server/home`;
  const connection = new SqlConnection(`${home}/.local/share/mailctl/data/mailctl.db`);
  connection.run("UPDATE entry SET stored_at = stored_at - ?1, latest = latest - ?1", 100 * day);
  connection.run("UPDATE mailbox SET latest = latest - ?", 100 * day);
  connection.close();
  await server.start();
  assert.equal((await bob!.list("inbox")).total, 1, "for ever");

  await Deno.mkdir(`${home}/.config/mailctl`, { recursive: true });
  const set = async (keep: string) => {
    await Deno.writeTextFile(`${home}/.config/mailctl/config`, `keep = ${keep}\n`);
    Deno.kill(server.pid, "SIGHUP");
  };
  await set("6m");
  await until(
    () => /cannot reload.*Cannot use .* as a time to keep mail/.test(server.log),
    "a complaint",
  );
  await set("90d");
  await until(async () => (await bob!.list("inbox")).total === 2, "an announcement");
  const [notice] = (await bob!.list("inbox")).messages;
  assert.match(notice!.subject!, /^1 message will be removed from /);
  await server.stop();
  await server.start();
  await until(async () => (await alice!.list("inbox")).total === 1, "hers");
  assert.equal((await bob!.list("inbox")).total, 2, "one a day");
});
