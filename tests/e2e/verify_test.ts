/** Keys that people compare, accept and insist on. */
import assert from "node:assert/strict";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import { formatSpoken } from "../../src/crypto/account/spoken.ts";
import { answered, contactOf, contactsOf, givesKeys, pairOn } from "../support/comparing.ts";
import { HostileServer, type Lies, madeUpKeys } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";
import { Terminal, watched } from "../support/program_terminal.ts";
import { asAccountName } from "../../src/model/address.ts";

Deno.test("two people compare their keys", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");

  await t.step("both see the same lines in the same order, and a yes verifies", async () => {
    const atAlice = await answered(alice!, "mailctl verify bob", "yes");
    const atBob = await answered(bob!, "mailctl verify Alice@MAIL.test", "yes");
    assert.deepEqual([atAlice.status, atBob.status], [0, 0], atAlice.screen + atBob.screen);
    const pair = pairOn(atAlice.screen);
    assert.equal(pair.length, 6, atAlice.screen);
    assert.deepEqual(pairOn(atBob.screen), pair);
    const [{ fingerprint }] = [(await server.store.findKeys([asAccountName("bob")]))[0]!];
    assert.equal(pair.slice(4).join(" ").trim().replace(/ +/g, " "), formatSpoken(fingerprint));
    assert.equal((await contactOf(alice!, "bob"))?.state, "verified");
    await bob!.send(["alice", "-m", "x", "--require-verified"]);
    assert.equal((await alice!.list("inbox")).messages[0]!.outcome, "verified");
  });

  await t.step("who has compared is not asked again", async () => {
    const { screen, status } = await watched(alice!.home, "mailctl verify bob");
    assert.equal(status, 0);
    assert.equal(pairOn(screen).length, 6);
    assert.doesNotMatch(screen, /\[yes\/no\]/);
  });

  await t.step("in a pipe nobody is asked, and the hint names no key", async () => {
    await stage.people(server, "carol");
    const { screen, status } = await watched(alice!.home, "mailctl verify carol | cat");
    assert.equal(status, 0);
    assert.match(screen, /state\tunknown/);
    assert.doesNotMatch(screen, /\[yes\/no\]/);
    const { err } = await alice!.run(["verify", "carol"]);
    assert.match(err, /--fingerprint F/);
    assert.doesNotMatch(err, /[0-9a-f]{20}|\d{5}/);
  });
});

Deno.test("a key that changed indeed is accepted", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "by the old key"]);
  const first = (await server.store.findKeys([asAccountName("alice")]))[0]!.fingerprint;
  await bob!.run(["verify", "alice", "--fingerprint", formatSpoken(first)]);
  const made = await madeUpKeys("alice");
  // As if alice had made these keys: the server delivers what is sealed to them.
  const changed: Lies = {
    ...givesKeys(made),
    send: (honest) => (message) => {
      const recipients = message.recipients.map((each) => ({ ...each, fingerprint: first }));
      return honest.send({ ...message, recipients });
    },
  };

  await t.step("a no leaves it refused", async () => {
    await server.lying(changed, async () => {
      const { screen, status } = await answered(bob!, "mailctl trust alice", "no");
      assert.equal(status, 81, screen);
      assert.match(screen, /compared[^]*\d{5}[^]*alice@mail\.test now[^]*\d{5}/);
      assert.equal((await bob!.run(["send", "alice", "-m", "x"])).status, 81);
      assert.equal((await bob!.home.unread("verify alice")).status, 81);
    });
    assert.equal((await contactOf(bob!, "alice"))?.state, "verified");
  });

  await t.step("a yes pins what was shown, as not compared", async () => {
    const other = givesKeys(await madeUpKeys("alice"));
    await using terminal = Terminal.open(bob!.home, "mailctl trust alice");
    await server.lying(changed, () => terminal.sees("[yes/no] "));
    await server.lying(other, async () => {
      await terminal.types("yes\r");
      assert.equal(await terminal.ends(), 0, terminal.screen);
    });
    const { state, fingerprint } = (await contactOf(bob!, "alice"))!;
    assert.deepEqual([state, fingerprint], ["signed", made.fingerprint.toHex()]);
  });

  await t.step("mail goes to it; it is not verified; mail by the old one is marked", async () => {
    await server.lying(changed, async () => {
      await bob!.send(["alice", "-m", "x"]);
      const strict = await bob!.run(["send", "alice", "-m", "x", "--require-verified"]);
      assert.equal(strict.status, 85);
      const { status, err } = await bob!.run(["trust", "alice"]);
      assert.equal(status, 0);
      assert.match(err, /Nothing to accept/);
    });
    const { status, err } = await bob!.run(["read", "1"]);
    assert.equal(status, 81);
    assert.match(err, /hint: .*mailctl trust alice@mail\.test/);
    assert.equal((await bob!.home.unread("read 1 --body")).status, 81);
  });

  await t.step("a script that knows the fingerprint needs nobody", async () => {
    for (const command of ["trust", "verify"]) {
      const [old] = await contactsOf(bob!);
      const keys = command === "trust" ? first : made.fingerprint;
      const lies = command === "trust" ? {} : changed;
      const args = [command, "alice", "--fingerprint", keys.toHex(), "--json"];
      const { status, out } = await server.lying(lies, () => bob!.run(args));
      assert.equal(status, 0);
      const { state, fingerprint, known } = JSON.parse(out);
      assert.deepEqual([state, fingerprint], ["verified", keys.toHex()]);
      assert.equal(known.fingerprint, old!.fingerprint);
      assert.deepEqual((await contactsOf(bob!)).length, 1);
    }
  });
});

Deno.test("killed in the middle, a decision is wholly there or not at all", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "x"]);
  const bobs = (await server.store.findKeys([asAccountName("bob")]))[0]!.fingerprint.toHex();
  for (const [isReplaced, expected] of [[false, "signed"], [true, "verified"]] as const) {
    const child = alice!.home.start(["verify", "bob", "--fingerprint", bobs]);
    const killing: Lies = {
      replaceKeyring: (honest) => async (...args) => {
        if (isReplaced) await honest.replaceKeyring(...args);
        child.kill("SIGKILL");
        await child.status;
      },
    };
    const { code, stdout } = await server.lying(killing, () => child.output());
    assert.deepEqual([code, stdout.length], [137, 0]);
    assert.equal((await contactOf(alice!, "bob"))?.state, expected);
  }
});

Deno.test("a send that insists on verified keys reads and uploads nothing before it knows", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice] = await stage.people(server, "alice", "bob", "carol");
  await alice!.send(["bob", "-m", "x"]);
  let calls = 0;
  const counted: Lies = {
    beginUpload: (honest) => (account) => {
      calls++;
      return honest.beginUpload(account);
    },
    replaceKeyring: (honest) => (...args) => {
      calls++;
      return honest.replaceKeyring(...args);
    },
  };
  const mailbox = await openMailbox({
    state: { folder: `${alice!.home.folder}/home/.local/state/mailctl` },
    server: parseServer(server.trusted),
    name: "alice",
    password: () => Promise.reject(new Error("the saved login was not used")),
    requireVerified: true,
  });
  let pieces = 0;
  const body = async function* () {
    pieces++;
    yield new Uint8Array(1024 * 1024);
  };
  const draft = { to: ["bob"], cc: ["alice"], bcc: ["carol"], subject: "", attachments: [] };
  try {
    const sending = server.lying(counted, () => mailbox.send({ ...draft, body: body() }));
    await assert.rejects(sending, {
      code: "not_verified",
      message: /bob@mail\.test, carol@mail\.test: the key is not verified/,
    });
    assert.deepEqual([calls, pieces], [0, 0]);
    const sent = await mailbox.send({ ...draft, to: [], bcc: [], body: body() });
    assert.deepEqual([sent.repeated, pieces], [false, 1]);
  } finally {
    await mailbox.finish();
  }
  assert.deepEqual((await contactsOf(alice!)).map(({ address }) => address), ["bob@mail.test"]);
});
