/** Keys that people compare, accept and insist on, at a server that would rather have them take its own. */
import assert from "node:assert/strict";
import { openMailbox } from "../../src/client/login.ts";
import { parseServer } from "../../src/client/server_address.ts";
import { formatSpoken } from "../../src/crypto/spoken.ts";
import { type Person, Stage } from "../support/person.ts";
import { openHere } from "../support/person_here.ts";
import { HostileServer, type Lies, madeUpKeys } from "../support/hostile_server.ts";
import { Terminal, watched } from "../support/program_terminal.ts";

type Keys = Awaited<ReturnType<typeof madeUpKeys>>;

function givesKeys(keys: Keys): Lies {
  return { findKeys: () => (names) => Promise.resolve(names.map(() => keys)) };
}

interface ContactJson {
  readonly address: string;
  readonly state: string;
  readonly fingerprint: string;
}

async function contactsOf(person: Person): Promise<ContactJson[]> {
  return JSON.parse((await person.do(["contacts", "--json"])).out).contacts;
}

async function contactOf(person: Person, name: string): Promise<ContactJson | undefined> {
  return (await contactsOf(person)).find(({ address }) => address === `${name}@mail.test`);
}

/** The addresses and digits on a screen, as they stand there. */
function pairOn(screen: string): string[] {
  return screen.split("\r\n").filter((line) => /^(\S+@\S+|( +\d{5}){4})$/.test(line));
}

/** Runs a command at a terminal up to its question; then `meanwhile`, the answer, and the end. */
async function answered(
  person: Person,
  line: string,
  answer: "yes" | "no",
  meanwhile: (end: () => Promise<number>) => Promise<number> = (end) => end(),
): Promise<{ screen: string; status: number }> {
  await using terminal = Terminal.open(person.home, line);
  await terminal.sees("[yes/no] ");
  const status = await meanwhile(async () => {
    await terminal.types(`${answer}\r`);
    return await terminal.ends();
  });
  return { screen: terminal.screen, status };
}

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
    const [{ fingerprint }] = [(await server.store.findKeys(["bob"]))[0]!];
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

Deno.test("a server in between is found out, whenever it begins to lie", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const people = ["alice", "bob", "carol", "dave"];
  const [alice, bob, carol] = await stage.people(server, ...people);
  await bob!.send(["alice", "dave", "-m", "so that bob knows them"]);
  const known = (await contactOf(bob!, "alice"))!;
  const made = await madeUpKeys("alice");
  const madeFingerprint = made.fingerprint.toHex();

  await t.step("the two see different digits, and a no changes nothing", async () => {
    const honest = pairOn((await answered(alice!, "mailctl verify carol", "no")).screen);
    const lied = await server.lying(
      givesKeys(made),
      () => answered(carol!, "mailctl verify alice", "no"),
    );
    assert.equal(lied.status, 85, lied.screen);
    assert.notDeepEqual(pairOn(lied.screen), honest);
    assert.deepEqual(await contactsOf(carol!), []);
  });

  await t.step("what is pinned is what was shown, whatever the server says after it", async () => {
    const honest = (await server.store.findKeys(["dave"]))[0]!;
    const { status } = await answered(
      carol!,
      "mailctl verify dave",
      "yes",
      async (end) => server.lying(givesKeys(await madeUpKeys("dave")), end),
    );
    assert.equal(status, 0);
    assert.equal((await contactOf(carol!, "dave"))?.fingerprint, honest.fingerprint.toHex());
    assert.equal((await carol!.run(["verify", "dave"])).status, 0);
  });

  const older = await server.accountId("bob").then((id) => server.store.keyring(id));

  await t.step("a keyring that goes back while a person thinks is refused", async () => {
    const args = ["verify", "carol", "--fingerprint"];
    const carols = (await server.store.findKeys(["carol"]))[0]!.fingerprint.toHex();
    await bob!.run([...args, carols]);
    const before = await contactsOf(bob!);
    for (const keyring of [{ version: 0, sealed: null }, older]) {
      const lie: Lies = { keyring: () => () => Promise.resolve(keyring) };
      const { status, screen } = await answered(
        bob!,
        "mailctl verify alice",
        "yes",
        (end) => server.lying(lie, end),
      );
      assert.equal(status, 82, screen);
    }
    assert.deepEqual(await contactsOf(bob!), before);
  });

  await t.step("also where no login is saved, so that only this command has seen it", async () => {
    const state = `${bob!.home.folder}/home/.local/state/mailctl`;
    const logins = Deno.readTextFileSync(`${state}/logins.json`);
    const [login] = JSON.parse(logins);
    assert.ok(login.keyring.version > older.version);
    const forgetful = JSON.stringify([{ ...login, keyring: { version: 0, digest: null } }]);
    Deno.writeTextFileSync(`${state}/logins.json`, forgetful);
    const mailbox = await openHere(bob!, server.trusted);
    const shown = await mailbox.compare("alice");
    mailbox.close();
    const lie: Lies = {
      keyring: () => () => Promise.resolve(older),
      replaceKeyring: () => () => Promise.resolve(true), // as if it had never known another
    };
    const again = await mailbox.reopen();
    try {
      const accepting = server.lying(lie, () => again.accept(shown, { verified: true }));
      await assert.rejects(accepting, { code: "bad_signature" });
    } finally {
      again.close();
    }
    Deno.writeTextFileSync(`${state}/logins.json`, logins);
  });

  await t.step("one of before the comparison is refused too, and nothing is sent", async () => {
    const lie: Lies = { keyring: () => () => Promise.resolve(older) };
    const send = ["send", "carol", "-m", "x", "--require-verified"];
    for (const args of [send, ["contacts"], ["trust", "carol"], ["verify", "carol"]]) {
      const { status, out } = await server.lying(lie, () => bob!.run(args));
      assert.deepEqual([status, out], [82, ""], args.join(" "));
    }
    await bob!.send(send.slice(1));
  });

  await t.step("a changed key: told with both keys, and taken for nobody's by itself", async () => {
    const stops: readonly (readonly string[])[] = [
      ["verify", "alice"],
      ["verify", "alice", "--json"],
      ["trust", "alice"],
      ["trust", "alice", "--json"],
      ["verify", "alice", "--fingerprint", known.fingerprint],
      ["trust", "alice", "--fingerprint", known.fingerprint],
      ["trust", "alice", "--fingerprint", "0".repeat(64)],
      ["send", "alice", "-m", "x"],
      ["send", "alice", "-m", "x", "--require-verified"],
    ];
    await server.lying(givesKeys(made), async () => {
      for (const args of stops) {
        const { status, out, err } = await bob!.run(args);
        assert.equal(status, 81, args.join(" "));
        const isShown = !args.includes("--fingerprint") && args[0] !== "send";
        assert.equal(isShown, out.includes(madeFingerprint), out);
        assert.equal(isShown, out.includes(known.fingerprint), out);
        if (isShown || args[0] === "send") assert.match(err, /mailctl trust alice@mail\.test/);
      }
      const { screen, status } = await watched(bob!.home, "mailctl verify alice");
      assert.equal(status, 81);
      assert.doesNotMatch(screen, /\[yes\/no\]/); // a habit of saying yes must not replace a key
    });
    assert.deepEqual(await contactOf(bob!, "alice"), known);
  });

  await t.step("keys that are not theirs, or no answer to the question, are refused", async () => {
    const carols = (await server.store.findKeys(["carol"]))[0]!;
    const lies: readonly [Lies, number][] = [
      [givesKeys(carols), 82],
      [{ findKeys: () => () => Promise.resolve([]) }, 76],
      [{ findKeys: () => () => Promise.resolve([made, made]) }, 76],
    ];
    for (const command of ["verify", "trust"]) {
      for (const [lie, expected] of lies) {
        const { status, out } = await server.lying(lie, () => bob!.run([command, "alice"]));
        assert.deepEqual([status, out], [expected, ""]);
      }
    }
  });
});

Deno.test("a key that changed indeed is accepted", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "by the old key"]);
  const first = (await server.store.findKeys(["alice"]))[0]!.fingerprint;
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
  const bobs = (await server.store.findKeys(["bob"]))[0]!.fingerprint.toHex();
  for (const [isReplaced, expected] of [[false, "signed"], [true, "verified"]] as const) {
    const child = alice!.home.start(["verify", "bob", "--fingerprint", bobs]);
    const killing: Lies = {
      replaceKeyring: (honest) => async (...args) => {
        const replaced = isReplaced && await honest.replaceKeyring(...args);
        child.kill("SIGKILL");
        await child.status;
        return replaced;
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
      message: /bob@mail\.test, carol@mail\.test was not compared/,
    });
    assert.deepEqual([calls, pieces], [0, 0]);
    const sent = await mailbox.send({ ...draft, to: [], bcc: [], body: body() });
    assert.deepEqual([sent.repeated, pieces], [false, 1]);
  } finally {
    mailbox.close();
  }
  assert.deepEqual((await contactsOf(alice!)).map(({ address }) => address), ["bob@mail.test"]);
});
