/** A search tells the server nothing of what it looks for, shows nothing that a login may not read, and no forged text. */
import assert from "node:assert/strict";
import { parseQuery } from "../../src/client/searching/query.ts";
import { openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import type { LoginOptions } from "../../src/client/account/log_in.ts";
import { asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import type { DeviceScope } from "../../src/model/device.ts";
import { MailError } from "../../src/model/errors.ts";
import { PersonHere } from "../support/account_here.ts";
import {
  changedBody,
  changedEntries,
  HostileServer,
  type Lies,
} from "../support/hostile_server.ts";

interface Scene {
  readonly server: HostileServer;
  readonly home: string;
  readonly people: Readonly<Record<"ada" | "bob" | "eve", PersonHere>>;
}

async function play(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await HostileServer.start();
  const home = await Deno.makeTempDir({ prefix: "mailctl-search-" });
  try {
    const [ada, bob, eve] = await Promise.all(
      ["ada", "bob", "eve"].map((name) => PersonHere.join(name, server.trusted, `${home}/${name}`)),
    ) as [PersonHere, PersonHere, PersonHere];
    await act({ server, home, people: { ada, bob, eve } });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Subjects of what is found, newest first. */
async function search(options: LoginOptions, text: string, keepsIndex = true): Promise<string[]> {
  const query = parseQuery(text, { now: 0, at: Date.parse });
  const mailbox = await openMailbox(options);
  try {
    const { messages } = await mailbox.search({ query, limit: 100, keepsIndex });
    return messages.map(({ headers }) => headers?.subject ?? "");
  } finally {
    await mailbox.finish();
  }
}

async function sendText(from: PersonHere, subject: string, text: string): Promise<void> {
  const draft = { to: ["bob"], cc: [], bcc: [], subject, body: utf8(text), attachments: [] };
  await from.with((mailbox) => mailbox.send(draft));
}

/** Hears all that the store is asked. */
function overheard(said: string[]): Lies {
  const hear = <A extends unknown[], R>(work: (...args: A) => R) => (...args: A): R => {
    said.push(JSON.stringify(args));
    return work(...args);
  };
  return {
    list: (honest) => hear(honest.list.bind(honest)),
    entries: (honest) => hear(honest.entries.bind(honest)),
    body: (honest) => hear(honest.body.bind(honest)),
    saveSummaries: (honest) => hear(honest.saveSummaries.bind(honest)),
  };
}

Deno.test("the server is asked for messages, and never for words", () =>
  play(async ({ server, people: { ada, bob } }) => {
    await ada.send("bob", "canary");
    for (const keepsIndex of [true, true, false]) {
      const said: string[] = [];
      const found = await server.lying(
        overheard(said),
        () => search(bob.options, "canary from:ada subject:canary -zebra", keepsIndex),
      );
      assert.deepEqual(found, ["canary"]);
      assert.ok(said.length > 0);
      for (const text of said) assert.doesNotMatch(text, /canary|zebra/);
    }
  }));

Deno.test("a login finds what it may read, whatever an index of before has", () =>
  play(async ({ home, people: { ada, bob, eve } }) => {
    await ada.send("bob", "of ada");
    await eve.send("bob", "of eve");
    const password = () => Promise.reject(new Error("a saved login asks for no password"));
    const login = async (scope: DeviceScope, senders: readonly string[] | null) => {
      const options = { ...bob.options, state: { folder: `${home}/machine` } };
      const power = { scope, expires: null, senders: senders?.map(asAccountName) ?? null };
      (await saveLogin({ ...options, power })).close();
      return { ...options, password };
    };
    for (const keepsIndex of [true, false]) {
      const reader = await login("read", null);
      assert.deepEqual(await search(reader, "of", keepsIndex), ["of eve", "of ada"]);
      const limited = await login("read", ["ada"]);
      assert.deepEqual(await search(limited, "of", keepsIndex), ["of ada"]);
      assert.deepEqual(await search(limited, "eve", keepsIndex), []);
      const sender = await login("send", null);
      await assert.rejects(search(sender, "of", keepsIndex), { code: "denied" });
    }
  }));

Deno.test("a message that the server says to be of another sender is found by its subject, not by its text", () =>
  play(async ({ server, people: { ada, bob } }) => {
    await sendText(ada, "forged", "secret words");
    const forged = changedEntries((entry) => ({
      ...entry,
      from: asAccountName("eve"),
      summary: null,
    }));
    for (const keepsIndex of [true, false]) {
      await server.lying(forged, async () => {
        assert.deepEqual(await search(bob.options, "forged", keepsIndex), ["forged"]);
        assert.deepEqual(await search(bob.options, "secret", keepsIndex), []);
      });
    }
    assert.deepEqual(await search(bob.options, "secret"), ["forged"]); // what was forged is not kept
    assert.deepEqual(await server.lying(forged, () => search(bob.options, "secret")), []);
  }));

Deno.test("what the server lied of once is found once it is honest", () =>
  play(async ({ server, people: { ada, bob } }) => {
    await sendText(ada, "a greeting", "hello");
    const lies: readonly Lies[] = [
      changedEntries((entry) => ({ ...entry, burn: true })),
      changedEntries((entry) => ({ ...entry, envelope: new Uint8Array(9), summary: null })),
      changedBody((body) => body.with(20, body[20]! ^ 1)),
    ];
    for (const lie of lies) {
      await Deno.remove(`${bob.options.state.folder}/index`, { recursive: true }).catch(() => {});
      await server.lying(lie, () => search(bob.options, "nothing"));
      assert.deepEqual(await search(bob.options, "hello"), ["a greeting"]);
    }
  }));

Deno.test("a message that is gone when it is looked at is left out", () =>
  play(async ({ server, people: { ada, bob } }) => {
    for (const subject of ["one x", "two x", "three x"]) await ada.send("bob", subject);
    const gone: Lies = {
      entries: (honest) => async (account, ids) =>
        (await honest.entries(account, ids)).map((entry) => entry?.id === 2 ? null : entry),
    };
    for (const keepsIndex of [true, true, false]) {
      const found = await server.lying(gone, () => search(bob.options, "x", keepsIndex));
      assert.deepEqual(found.length, 2, String(keepsIndex));
    }
  }));

Deno.test("where no login is saved, nothing is kept, also by a mailbox that was opened again", () =>
  play(async ({ home, people: { ada, bob } }) => {
    await ada.send("bob", "hello");
    const folder = `${home}/elsewhere`;
    const { options } = bob.elsewhere(folder);
    assert.deepEqual(await search(options, "hello"), ["hello"]);
    const mailbox = await openMailbox(options);
    const again = await mailbox.reopen();
    const query = parseQuery("hello", { now: 0, at: Date.parse });
    const { messages } = await again.search({ query, limit: 1, keepsIndex: true });
    for (const each of [mailbox, again]) each.close();
    assert.equal(messages.length, 1);
    assert.ok(![...Deno.readDirSync(folder)].some(({ name }) => name === "index"));
  }));

Deno.test("an index that cannot be written is told of, and the search goes on", () =>
  play(async ({ people: { ada, bob } }) => {
    await ada.send("bob", "hello");
    const { folder } = bob.options.state;
    await Deno.writeTextFile(`${folder}/index`, "a file where the folder is to be");
    const told: MailError[] = [];
    const options = { ...bob.options, onUnsaved: (error: MailError) => told.push(error) };
    assert.deepEqual(await search(options, "hello"), ["hello"]);
    assert.deepEqual(told.map(({ code }) => code), ["cannot_create"]);
  }));
