/** Mail that comes back, accounts that are deleted, mail that expires: as people see it, and as a server may lie about it. */
import { asAccountName } from "../../src/model/address.ts";
import { systemName } from "../../src/model/bounce.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import type { Mailbox } from "../../src/client/mailbox.ts";
import type { Bounce } from "../../src/store/bounce_store.ts";
import {
  changedBody,
  changedEntries,
  flipped,
  HostileServer,
  type Lies,
} from "../support/hostile_server.ts";
import { password, Person, Stage, until } from "../support/person.ts";
import { openHere } from "../support/person_here.ts";
import { finish } from "../support/program.ts";
import { Terminal } from "../support/program_terminal.ts";

async function noticesOf(mailbox: Mailbox): Promise<number> {
  return (await mailbox.list({ box: "inbox", limit: 1 })).total;
}

/** Changes what the server says of everything that came back. */
function changedNotices(change: (notice: Bounce) => Bounce | null): Lies {
  return {
    bounced: (honest) => async (account, ids) =>
      (await honest.bounced(account, ids)).flatMap((notice) => change(notice) ?? []),
  };
}

/** Closes an account just before a message to it is stored. */
function vanishing(name: string): Lies {
  return {
    submit: (honest) => async (message, terms) => {
      await honest.closeAccount((await honest.findAccount(asAccountName(name)))!.id, Date.now());
      return await honest.submit(message, terms);
    },
  };
}

const laterMs = 2 * 3_600_000;
/** Two hours are over, for the server. */
const later: Lies = { now: (honest) => () => honest.now() + laterMs };

const lies: readonly [name: string, Lies | ((server: HostileServer) => Promise<Lies>)][] = [
  [
    "another recipient",
    changedNotices((notice) => ({ ...notice, recipient: asAccountName("carol") })),
  ],
  [
    "a recipient that would steer the terminal",
    changedNotices((notice) => ({
      ...notice,
      recipient: asAccountName("\u001b[2Jnoone"),
    })),
  ],
  [
    "a recipient in another spelling",
    changedNotices((it) => ({ ...it, recipient: asAccountName("NoOne") })),
  ],
  [
    "a reason that only somebody with an account can give",
    changedNotices((notice) => ({
      ...notice,
      reason: "account_deleted",
    })),
  ],
  ["a time that no clock shows", changedNotices((it) => ({ ...it, at: Number.MAX_SAFE_INTEGER }))],
  ["nothing at all", changedNotices(() => null)],
  ["what was said of another entry", changedNotices((it) => ({ ...it, id: entryId(it.id + 50) }))],
  [
    "an altered original",
    changedEntries((entry) => ({
      ...entry,
      envelope: entry.envelope && flipped(entry.envelope, entry.envelope.length - 9),
    })),
  ],
  ["somebody else's message as the original", async (server) => {
    const [other] = await server.store.entries(await server.accountId("alice"), [entryId(3)]);
    const { envelope, envelopeDigest } = other!;
    return changedEntries((entry) => ({ ...entry, envelope, envelopeDigest }));
  }],
  ["another own message, which went to somebody else", async (server) => {
    const [other] = await server.store.entries(await server.accountId("alice"), [entryId(4)]);
    const { envelope, envelopeDigest } = other!;
    return changedEntries((entry) => ({ ...entry, envelope, envelopeDigest }));
  }],
  ["an altered body", changedBody((body) => flipped(body, body.length - 3))],
];

Deno.test("a server that lies about what came back is found out", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob", "carol");
  const sent = await alice!.run(["send", "bob", "noone", "--partial", "-s", "hi", "-m", "hello"]);
  assert.deepEqual([sent.status, sent.out], [67, "1\n"]);
  await bob!.send(["alice", "-m", "so that alice knows bob"]); // her 3
  await alice!.send(["carol", "-m", "to carol"]); // her 4

  for (const [name, told] of lies) {
    await t.step(name, async () => {
      const lying = typeof told === "function" ? await told(server) : told;
      const outcome = await server.lying(
        lying,
        () => alice!.run(["read", "2", "--attachment", "1"]),
      );
      assert.equal(outcome.status, 82, outcome.err);
      assert.equal(outcome.out, "");
      const listed = await server.lying(lying, () => alice!.run(["inbox"]));
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(outcome.err + listed.out, /\x1b/);
      if (name !== "an altered body") assert.match(listed.out, /^2\t\w+\tinvalid\t/m);
    });
  }

  await t.step("mail of another in the server's own name is invalid", async () => {
    const asSystem = changedEntries((entry) =>
      entry.id === 3 ? { ...entry, from: systemName } : entry
    );
    const { out } = await server.lying(asSystem, () => alice!.run(["inbox"]));
    assert.match(out, /^3\t\w+\tinvalid\t/m);
  });

  await t.step("a recipient that was not addressed is not shown with sent mail", async () => {
    const carol = changedNotices((notice) => ({ ...notice, recipient: asAccountName("carol") }));
    const { out } = await server.lying(carol, () => alice!.run(["sent"]));
    assert.match(out, /^1\tbob@mail\.test=stored,noone@mail\.test=unknown\t/m);
  });

  await t.step("honest again, it is believed", async () => {
    const [notice] = await alice!.read(entryId(2));
    assert.equal(notice!.outcome, "notice");
    assert.match(notice!.body!, /did not reach noone@mail\.test/);
  });
});

Deno.test("a recipient that vanishes after its key was looked up", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob", "carol", "dave");

  await t.step("with --partial its copy comes back, and the others have theirs", async () => {
    const args = ["send", "bob", "carol", "--bcc", "x", "--partial", "-m", "hi", "--json"];
    const { status, out } = await server.lying(vanishing("carol"), () => alice!.run(args));
    assert.equal(status, 67);
    assert.deepEqual(JSON.parse(out).bounced, ["carol@mail.test", "x@mail.test"]);
    assert.equal((await bob!.list("inbox")).total, 1);
    const [first, second] = (await alice!.list("inbox")).messages;
    assert.deepEqual([first!.outcome, second!.outcome], ["notice", "notice"]);
  });

  await t.step("without it nothing is stored", async () => {
    const lie: Lies = {
      send: (honest) => async (message) => {
        await honest.closeAccount(
          (await honest.findAccount(asAccountName("dave")))!.id,
          Date.now(),
        );
        return await honest.send(message);
      },
    };
    const { status } = await server.lying(
      lie,
      () => alice!.run(["send", "bob", "dave", "-m", "x"]),
    );
    assert.equal(status, 67);
    assert.equal((await bob!.list("inbox")).total, 1);
    assert.equal((await alice!.list("sent")).total, 1);
  });
});

Deno.test("mail that expires", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob, carol] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["bob", "carol", "--expires", "1h", "-s", "Lunch now?", "-m", "In the yard"]);
  await carol!.read(entryId(1));
  assert.equal((await bob!.list("inbox")).unread, 1);
  await server.lying(later, async () => {
    assert.equal((await bob!.run(["read", "1"])).status, 66);
    const [notice] = (await alice!.list("inbox")).messages;
    assert.deepEqual([notice!.outcome, notice!.subject], ["notice", "Returned: Lunch now?"]);
    assert.match(
      (await alice!.read(entryId(notice!.id)))[0]!.body!,
      /bob@mail\.test:\nthe message expired before/,
    );
    assert.deepEqual([(await carol!.list("inbox")).total, (await bob!.list("inbox")).total], [
      1,
      0,
    ]);
    const [sent] = (await alice!.list("sent")).messages;
    assert.deepEqual(sent!.deliveries.map(({ state }) => state), ["bounced", "read"]);
  });
});

Deno.test("a server returns by itself what expires while nobody looks", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice", "bob");
  const soon = new Date(Date.now() + 5_000).toISOString();
  await alice!.send(["bob", "--expires", soon, "-m", "quick"]);
  const mailbox = await openHere(alice!, server.trusted);
  await until(async () => await noticesOf(mailbox) === 1, "the notice");
  await mailbox.finish();
});

Deno.test("deleting an account", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const bob = await Person.join("bob", stage.home("bob"), server.trusted);
  const saved = `${bob.home.folder}/home/.local/state/mailctl/logins.json`;
  await alice!.send(["bob", "-m", "never read"]);
  const forgotten = await alice!.send(["bob", "-m", "never read, and deleted by its sender"]);
  await alice!.do(["delete", `${forgotten}`]);

  await t.step("saved keys are not enough", async () => {
    const { status } = await bob.run(["account", "delete", "--yes"]);
    assert.equal(status, 64); // no terminal to ask for the password
    assert.equal((await bob.list("inbox")).total, 2);
  });

  await t.step("another name than the own one deletes nothing", async () => {
    await using terminal = Terminal.open(bob.home, "mailctl account delete; echo status $?");
    await terminal.sees("Type bob to delete this account for good: ");
    await terminal.types("alice\r");
    await terminal.sees("you did not type its name");
    await terminal.sees("status 64");
  });

  await t.step("the name typed and the password given, it is gone, sessions too", async () => {
    const open = await openHere(bob, server.trusted);
    assert.equal((await open.list({ box: "inbox", limit: 9 })).total, 2);
    await using terminal = Terminal.open(bob.home, "mailctl account delete; echo status $?");
    await terminal.sees("Type bob to delete this account for good: ");
    await terminal.types("bob\r");
    await terminal.sees("Password: ");
    await terminal.types(`${password}\r`);
    await terminal.sees("bob@mail.test");
    await terminal.sees("status 0");
    await assert.rejects(open.list({ box: "inbox", limit: 9 }));
    open.close();
    assert.doesNotMatch(await Deno.readTextFile(saved), /bob/);
    const notices = (await alice!.list("inbox")).messages;
    assert.deepEqual(notices.map(({ outcome }) => outcome), ["notice", "notice"]);
    const [without, whole] = await alice!.read(...notices.map(({ id }) => id));
    assert.equal(whole!.attachments.length, 1);
    assert.deepEqual(without!.attachments, []);
    assert.match(without!.body!, /because your own copy is gone/);
  });

  await t.step("it stays so over a kill -9 of the server", async () => {
    await server.stop("SIGKILL");
    await server.start();
    const again = await bob.run(["login", "bob"], { env: { MAILCTL_PASSWORD: password } });
    assert.equal(again.status, 77);
    assert.equal((await alice!.list("inbox")).total, 2);
  });
});

/** How an account is deleted, by its owner and by the server's administrator. */
const deletions = [
  { by: "its owner", args: () => ["account", "delete", "--yes", "--user", "bob"], again: 77 },
  {
    by: "an administrator",
    args: (data: string) => ["admin", "remove", "bob", "--yes", "--data", data],
    again: 0,
  },
];

for (const { by, args, again } of deletions) {
  Deno.test(`a server killed while ${by} deletes an account goes on with it, and returns nothing twice`, async () => {
    await using stage = new Stage();
    const server = await stage.server();
    const [alice] = await stage.people(server, "alice");
    const bob = await Person.join("bob", stage.home("bob"), server.trusted);
    const sender = await openHere(alice!, server.trusted);
    const content = { to: ["bob"], cc: [], bcc: [], attachments: [], body: new Uint8Array(100) };
    const count = 130; // is settled in three steps
    for (let n = 0; n < count; n++) await sender.send({ ...content, subject: `number ${n}` });
    const env = { MAILCTL_PASSWORD: password };
    const deleting = args(`${stage.folder}/server/home/.local/share/mailctl/data`);
    const child = bob.home.start(deleting, { env });
    await until(async () => await noticesOf(sender) > 0, "the first notice");
    await server.stop("SIGKILL");
    sender.close();
    const { status } = await finish(child);
    assert.ok(status === 69 || status === 0, `${status}`);
    await server.start();
    assert.equal((await bob.run(deleting, { env })).status, again);
    const reader = await openHere(alice!, server.trusted);
    await until(async () => await noticesOf(reader) >= count, "every notice");
    reader.close();
    const { messages } = await alice!.list("inbox");
    const subjects = new Set(messages.map(({ subject }) => subject));
    assert.deepEqual([messages.length, subjects.size], [count, count]);
    assert.equal((await bob.run(["inbox", "--user", "bob"], { env })).status, 77);
  });
}
