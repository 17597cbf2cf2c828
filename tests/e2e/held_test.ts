/** Mail that waits and mail that burns, by the real program: over a kill -9, changed keys, cut pipes and lying servers. */
import { asAccountName } from "../../src/model/address.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { changedEntries, HostileServer, type Lies } from "../support/hostile_server.ts";
import { password, Person, Stage, until } from "../support/person.ts";

const laterMs = 2 * 3_600_000;
/** Two hours are over, for the server. */
const later: Lies = { now: (honest) => () => honest.now() + laterMs };

Deno.test("held mail that fell due while the server was killed is delivered once, at the start", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const taken = await alice!.send(["bob", "--hold", "1h", "-s", "taken back", "-m", "x"]);
  await alice!.send(["bob", "--hold", "1h", "-s", "later", "-m", "x"]);
  await alice!.do(["cancel", `${taken}`]);
  const soon = new Date(Date.now() + 5_000).toISOString();
  await alice!.send(["bob", "--at", soon, "-s", "due", "-m", "x"]);
  await server.stop("SIGKILL");
  await until(() => Date.now() > Date.parse(soon), "the time of delivery");
  await server.start();
  await until(async () => (await bob!.list("inbox")).total > 0, "the delivery");
  await server.stop("SIGKILL");
  await server.start();
  const { messages } = await bob!.list("inbox");
  assert.deepEqual(messages.map(({ subject }) => subject), ["due"]);
  const { messages: sent } = await alice!.list("sent");
  const states = sent.map(({ deliveries }) => deliveries[0]!.state);
  assert.deepEqual(states, ["stored", "held", "cancelled"]);
});

Deno.test("a server delivers what is due by itself, and whoever waits has it", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "--hold", "1s", "-m", "a second later"]);
  const wait = ["wait", "--unread", "--timeout", "60s", "--body"];
  assert.equal((await bob!.do(wait)).out, "a second later");
});

Deno.test("a server whose clock is ahead delivers nothing at once that has a date", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  await server.lying(later, async () => {
    for (const flag of ["--at", "--expires"]) {
      const { status, err } = await alice!.run(["send", "bob", "-m", "x", flag, inAnHour]);
      assert.equal(status, 78, flag);
      assert.match(err, /the clock of this machine is 2 hours behind the server's/);
    }
    await alice!.send(["bob", "-m", "x", "--at", "1h"]);
  });
  assert.equal((await bob!.list("inbox")).total, 0);
});

Deno.test("held mail outlives a change of its reader's keys, and not its sender's account", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice] = await stage.people(server, "alice");
  const bob = await Person.join("bob", stage.home("bob"), server.trusted);
  const carol = await Person.join("carol", stage.home("carol"), server.trusted);
  const withPassword = { env: { MAILCTL_PASSWORD: password } };
  await alice!.send(["bob", "--hold", "1h", "-s", "sealed to old keys", "-m", "still opens"]);
  await carol.send(["bob", "--hold", "1h", "-s", "from nobody", "-m", "x"]);
  await bob.do(["keys", "rotate"], withPassword);
  await carol.do(["account", "delete", "--yes"], withPassword);
  await server.lying(later, async () => {
    const { messages } = await bob.list("inbox");
    assert.deepEqual(messages.map(({ subject }) => subject), ["sealed to old keys"]);
    assert.deepEqual((await bob.read(entryId(1))).map(({ body }) => body), ["still opens"]);
  });
});

Deno.test("a mailbox without room has held mail returned to its sender", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["bob", "carol", "--hold", "1h", "-s", "Hi", "-m", "x"]);
  await server.store.setQuota(asAccountName("bob"), { maxBytes: 1 });
  await server.lying(later, () => alice!.list("inbox"));
  const [notice] = await alice!.read(entryId(2));
  assert.equal(notice!.outcome, "notice");
  assert.match(
    notice!.body!,
    /bob@mail\.test:\nthe mailbox, or your share of it, was full at the time of delivery/,
  );
  const [sent] = (await alice!.list("sent")).messages;
  assert.deepEqual(sent!.deliveries.map(({ state }) => state), ["bounced", "stored"]);
});

Deno.test("a wait for held mail ends when it comes back, and goes on over a killed server", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const carol = await Person.join("carol", stage.home("carol"), server.trusted);
  const wait = ["-m", "x", "--wait", "stored", "--timeout", "1m"];
  const gone = alice!.run(["send", "carol", "--hold", "3s", ...wait]);
  await until(async () => (await alice!.list("sent")).total === 1, "the first");
  const withPassword = { env: { MAILCTL_PASSWORD: password } };
  await carol.do(["account", "delete", "--yes"], withPassword);
  const { status, err } = await gone;
  assert.equal(status, 67);
  assert.match(err, /was returned unread from carol@mail\.test \(the account was deleted\)/);

  const later = alice!.run(["send", "bob", "--hold", "3s", ...wait]);
  await until(async () => (await alice!.list("sent")).total === 2, "the second");
  await server.stop("SIGKILL");
  await server.start();
  assert.equal((await later).status, 0);
  assert.equal((await bob!.list("inbox")).total, 1);
});

Deno.test("mail that burns", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const long = "line after line\n".repeat(60_000);
  await alice!.send(["bob", "--burn", "-s", "Once"], { stdin: long });

  await t.step("a pipe that is cut leaves it whole", async () => {
    const cut = await bob!.home.shell("mailctl read 1 --body | head -c 5");
    assert.equal(cut.out, "line ");
    assert.equal((await bob!.list("inbox")).unread, 1);
  });

  await t.step("a disk that is full leaves it whole", async () => {
    const { status } = await bob!.home.shell("mailctl read 1 --body > /dev/full");
    assert.notEqual(status, 0);
    assert.equal((await bob!.list("inbox")).unread, 1);
  });

  await t.step("a body that does not verify leaves it whole", async () => {
    const lie = {
      body: () => () => {
        throw new Error("cut");
      },
    };
    const { status } = await server.lying(lie, () => bob!.run(["read", "1", "--body"]));
    assert.notEqual(status, 0);
    assert.equal((await bob!.list("inbox")).unread, 1);
  });

  await t.step("a server that hides it does not get it kept", async () => {
    const hiding = changedEntries((entry) => ({ ...entry, burn: false }));
    await server.lying(hiding, async () => {
      assert.equal((await bob!.run(["read", "1", "--peek"])).status, 77);
      assert.equal((await bob!.run(["export"])).out, "");
      assert.match((await bob!.run(["inbox"])).out, /^1\tburn\t/);
    });
  });

  await t.step("a sender that hides it has the reader told by the server", async () => {
    const burning = { burn: true };
    const hidden = changedEntries((entry) => ({ ...entry, ...burning }));
    await alice!.send(["bob", "-s", "Plain", "-m", "x"]);
    await server.lying(hidden, async () => {
      assert.equal((await bob!.run(["read", "2", "--peek"])).status, 77);
    });
    assert.equal((await bob!.run(["read", "2", "--peek"])).status, 0);
  });

  await t.step("read wholly it is gone", async () => {
    assert.equal((await bob!.do(["read", "1", "--body"])).out, long);
    assert.equal((await bob!.run(["read", "1"])).status, 66);
    const [own] = (await alice!.list("sent", "--before", "2")).messages;
    assert.deepEqual(own!.deliveries.map(({ state }) => state), ["read"]);
  });
});
