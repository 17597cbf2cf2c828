/** Whom a client trusts: unknown servers, changed keys, wrong passwords, and peers that are no server at all. */
import assert from "node:assert/strict";
import { formatInvite, parseInvite } from "../../src/client/account/invite.ts";
import { noteServer } from "../../src/client/connection/known_servers.ts";
import { parseFingerprint } from "../../src/crypto/fingerprint.ts";
import { asServerFingerprint, type ServerFingerprint } from "../../src/model/digests.ts";
import { password, Person, Stage } from "../support/person.ts";
import { startServer } from "../support/server.ts";

Deno.test("a client knows its server by its key", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const stranger = stage.home("stranger");
  const { address } = server;

  await t.step("an unknown one is refused with 79, and the hint works as it stands", async () => {
    const { status, out, err } = await stranger.run(["ping", "--server", address]);
    assert.deepEqual([status, out], [79, ""]);
    const hinted = /\S+:\d+#[0-9a-f]{64}/.exec(err)?.[0];
    assert.equal(hinted, server.trusted);
    const json = await stranger.run(["ping", "--server", address, "--json"]);
    assert.equal(JSON.parse(json.out).error.code, "server_unknown");
    assert.equal((await stranger.run(["ping", "--server", hinted!])).status, 0);
    assert.equal((await stranger.run(["ping", "--server", address])).status, 0); // from now on
  });

  await t.step("another fingerprint than the one given is refused with 80", async () => {
    const wrong = `${address}#${"0".repeat(64)}`;
    for (const home of [stranger, stage.home("other stranger")]) {
      const { status, out, err } = await home.run(["ping", "--server", wrong]);
      assert.deepEqual([status, out], [80, ""]);
      assert.ok(err.includes(server.fingerprint), err);
    }
  });

  await t.step("nothing is told to a server that is not the right one", async () => {
    const env = { MAILCTL_PASSWORD: password };
    const args = ["register", "alice", "--server", `${address}#${"0".repeat(64)}`];
    assert.equal((await stranger.run(args, { env })).status, 80);
    const [alice] = await stage.people(server, "alice"); // so the name is free
    await alice!.send(["alice", "-m", "x"]);
  });

  await t.step("a new key at the same address is refused with 80, by everybody", async () => {
    const [bob] = await stage.people(server, "bob");
    await bob!.do(["inbox"]);
    await server.stop();
    const keys = `${stage.folder}/server/home/.local/share/mailctl/keys`;
    Deno.renameSync(keys, `${keys}.old`);
    await server.start();
    bob!.home.env["MAILCTL_SERVER"] = address;
    for (const args of [["inbox"], ["send", "bob", "-m", "x"], ["login", "bob"]]) {
      const env = { MAILCTL_PASSWORD: password };
      const { status, out, err } = await bob!.run(args, { env });
      assert.deepEqual([status, out], [80, ""], err);
      assert.ok(err.includes(server.fingerprint), err);
    }
    await server.stop();
    Deno.removeSync(keys, { recursive: true });
    Deno.renameSync(`${keys}.old`, keys);
    await server.start();
    await bob!.do(["inbox"]);
  });
});

Deno.test("a client follows a server whose key named its successor", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob, carol] = await stage.people(server, "alice", "bob", "carol") as [
    Person,
    Person,
    Person,
  ];
  for (const person of [alice, bob]) {
    person.home.env["MAILCTL_SERVER"] = server.address; // as it was noted, and nothing else
    await person.do(["inbox"]);
  }
  const known = server.fingerprint;

  await t.step("once it is said what happened, then it is as it ever was", async () => {
    await server.stop();
    await server.start(["--rotate-key"]);
    assert.notEqual(server.fingerprint, known);
    const { status, err } = await alice.run(["send", "bob", "-m", "x"]);
    assert.equal(status, 0, err);
    assert.ok(err.includes(known) && err.includes(server.fingerprint), err);
    await alice.do(["inbox"]);
    const named = ["inbox", "--server", `${server.address}#${known}`];
    assert.match((await alice.run(named)).err, /\. Write the new one where you name the server\n$/);
  });

  const { status, out } = await stage.home("server").run(["admin", "invite"]);
  assert.equal(status, 0);
  const between = await parseInvite(out);

  await t.step("over several steps at once", async () => {
    await server.stop();
    await server.start(["--rotate-key"]);
    const { status, err } = await bob.run(["inbox"]);
    assert.deepEqual([status, err.includes(known)], [0, true]);
    await bob.do(["inbox"]);
  });

  await t.step(
    "also where an invite names a key between; but not another, or from another",
    async () => {
      const dave = stage.home("dave");
      const folder = `${dave.folder}/home/.local/state/mailctl`;
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      const stranger = asServerFingerprint(new Uint8Array(32).fill(7));
      const right = asServerFingerprint(parseFingerprint(known));
      const register = async (noted: ServerFingerprint, named: ServerFingerprint) => {
        const { address } = server;
        await noteServer(folder, { address, fingerprint: noted, certificate: null });
        const word = await formatInvite({
          ...between,
          server: { ...between.server, fingerprint: named },
        });
        const env = { MAILCTL_PASSWORD: "correct horse battery", MAILCTL_INVITE: word };
        return await dave.run(["register", "dave"], { env });
      };
      for (
        const [noted, named] of [[right, stranger], [stranger, between.server.fingerprint]] as const
      ) {
        const { status, err } = await register(noted, named);
        assert.equal(status, 80);
        assert.match(err, /^mailctl: Cannot trust the invite: the known key of /);
      }
      const { status, err } = await register(right, between.server.fingerprint);
      assert.equal(status, 0, err);
    },
  );

  await t.step("also from a fingerprint that was given, every time", async () => {
    for (let time = 0; time < 2; time++) {
      const { status, err } = await carol.run(["inbox"]);
      assert.deepEqual([status, err.includes(known)], [0, true]);
    }
  });

  await t.step("but not without the statements of the keys before", async () => {
    await server.stop();
    const keys = `${stage.folder}/server/home/.local/share/mailctl/keys`;
    Deno.removeSync(`${keys}/successions.json`);
    await server.start();
    const { status, out } = await carol.run(["inbox"]);
    assert.deepEqual([status, out], [80, ""]);
  });
});

Deno.test("a server says nothing about names and passwords", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await startServer());
  const trusted = `${server.ready.address}#${server.ready.fingerprint.toHex()}`;
  const alice = await Person.join("alice", stage.home("alice"), trusted);
  const guess = (name: string, password: string, ...args: string[]) =>
    alice.home.run(["login", name, ...args], { env: { MAILCTL_PASSWORD: password } });

  await t.step("a wrong password and an unknown name look the same", async () => {
    for (const more of [[], ["--json"]]) {
      const [wrong, unknown] = [
        await guess("alice", "not the password", ...more),
        await guess("nobody", "not the password", ...more),
      ];
      assert.equal(wrong.status, 77);
      assert.deepEqual(wrong, unknown);
    }
  });

  await t.step("after a few guesses it takes no more, and says for how long", async () => {
    const guesses = Array.from({ length: 12 }, (_, at) => `not the password ${at}`);
    let { status, err } = await guess("alice", guesses.pop()!);
    while (status === 77 && guesses.length > 0) {
      ({ status, err } = await guess("alice", guesses.pop()!));
    }
    assert.equal(status, 75);
    assert.match(err, /wait \d+ seconds/);
    const right = await alice.run(["login", "alice"], { env: { MAILCTL_PASSWORD: password } });
    assert.equal(right.status, 75); // the right one cannot be told from a guess either
    const bob = await Person.join("bob", stage.home("bob"), trusted);
    await bob.do(["inbox"]); // nobody else is held up
  });

  await t.step("a name that is taken, or looks like one, is refused with 73", async () => {
    for (const name of ["alice", "ALICE", "a1ice"]) {
      const env = { MAILCTL_PASSWORD: password };
      const { status, out } = await alice.home.run(["register", name], { env });
      assert.deepEqual([status, out], [73, ""], name);
    }
  });
});

Deno.test("peers that are no mailctl server", async (t) => {
  await using stage = new Stage();
  const home = stage.home("home");
  const keys = stage.keep(await startServer());
  const pem = Deno.readTextFileSync(`${keys.keys}/self_signed.pem`);
  const random = crypto.getRandomValues(new Uint8Array(2_000));

  const peers: readonly [string, boolean, Uint8Array | null, number][] = [
    ["plain bytes in the place of TLS", false, new TextEncoder().encode("220 smtp\r\n"), 69],
    ["a connection closed at once", false, null, 69],
    ["random bytes inside TLS", true, random, 76],
    ["a frame of length 0 inside TLS", true, new Uint8Array(4), 76],
    ["a frame of 4 GiB inside TLS", true, new Uint8Array(64).fill(0xff), 76],
    ["an end inside TLS", true, null, 69],
  ];
  for (const [name, isTls, bytes, expected] of peers) {
    await t.step(name, async () => {
      const options = { hostname: "127.0.0.1", port: 0 };
      using listener = isTls
        ? Deno.listenTls({ ...options, cert: pem.split("-----BEGIN PRIVATE")[0]!, key: pem })
        : Deno.listen(options);
      const answered = answer(listener, bytes);
      const address = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
      const { status, out, err } = await home.run(["ping", "--server", address]);
      assert.deepEqual([status, out], [expected, ""], err);
      assert.match(err, /^mailctl: Cannot /);
      await answered;
    });
  }

  await t.step("nobody at all", async () => {
    const { status, err } = await home.run(["ping", "--server", "127.0.0.1:1"]);
    assert.equal(status, 69);
    assert.match(err, /no server listens there/);
  });
});

/** Says the same thing to one caller, whatever it says, until it goes away. */
async function answer(listener: Deno.Listener, bytes: Uint8Array | null): Promise<void> {
  const caller = await listener.accept();
  try {
    if (bytes !== null) await caller.write(bytes);
    const buffer = new Uint8Array(4096);
    if (bytes !== null) { while (await caller.read(buffer) !== null); }
    else if ("handshake" in caller) await (caller as Deno.TlsConn).handshake();
  } catch {
    // it has heard enough
  } finally {
    caller.close();
  }
}
