/** A server that takes a message, gives it to nobody and says that all is well: its recipient misses it later. */
import assert from "node:assert/strict";
import type { Claim } from "../../src/client/submission/spool.ts";
import { findStored, keepDraft } from "../../src/client/submission/stored_draft.ts";
import { submitAgain } from "../../src/client/submission/submit.ts";
import { type AccountName, asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { isFailure, MailError } from "../../src/model/errors.ts";
import { entryId } from "../../src/model/ids.ts";
import type { PersonHere } from "../support/account_here.ts";
import { atHostileServer } from "../support/hostile_scene.ts";
import type { Lies } from "../support/hostile_server.ts";

/** Of a message that was sent before. */
const earlier = entryId(1);

const missing = (who: PersonHere) => who.with((mailbox) => mailbox.missing());
const unavailable = () => Promise.reject(new MailError("unavailable", "Cannot say"));

const isProtocol = (error: unknown) => isFailure(error, "protocol");

/** Sends, and tells why the client does not take it for sent; null: it does. */
async function refusal(
  alice: PersonHere,
  subject: string,
  more: { readonly key?: string } = {},
): Promise<string | null> {
  const draft = { to: ["bob"], cc: [], bcc: [], subject, body: utf8(subject), attachments: [] };
  return await alice.with((mailbox) =>
    mailbox.send({ ...draft, ...more }).then(() => null, (error) => {
      if (error instanceof MailError) return error.code;
      throw error;
    })
  );
}

const cases: readonly [name: string, lies: Lies, key: string | undefined][] = [
  [
    "says that it was sent before",
    { send: () => () => Promise.resolve({ id: earlier, repeated: true }) },
    undefined,
  ],
  [
    "says so of a key that somebody chose",
    { send: () => () => Promise.resolve({ id: earlier, repeated: true }) },
    "k",
  ],
  [
    "says so, and that the copy was deleted",
    { send: () => () => Promise.resolve({ id: entryId(77), repeated: true }) },
    "k",
  ],
  [
    "gives no answer, and then says that it is stored",
    { send: () => unavailable, findSend: () => () => Promise.resolve(earlier) },
    undefined,
  ],
];

for (const [name, lies, key] of cases) {
  Deno.test(`a message that nobody gets is not taken for sent where the server ${name}`, () =>
    atHostileServer(async ({ server, alice }) => {
      await alice.send("bob", "one");
      const told = await server.lying(
        lies,
        () => refusal(alice, "two", key === undefined ? {} : { key }),
      );
      assert.notEqual(told, null);
    }));
}

Deno.test("a message that only its sender is shown is missing once the sender writes again", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    await alice.send("bob", "one");
    await bob.outcomes();
    const account = await server.accountId("alice");
    const lies: Lies = {
      send: (honest) => async (message) => {
        const { keyring: _, ...own } = message;
        const { id } = await honest.send({ ...own, recipients: [] });
        return { id, repeated: true };
      },
    };
    assert.equal(await server.lying(lies, () => refusal(alice, "two")), null);
    assert.equal((await server.store.entries(account, [entryId(2)])).length, 1);
    await alice.send("bob", "three");
    assert.deepEqual(await bob.outcomes(), ["one signed", "three signed"]);
    assert.deepEqual(await missing(bob), [{ from: "alice@mail.test", count: 1 }]);
  }));

Deno.test("neither a draft nor a message of the queue is taken for sent by what was sent before it", () =>
  atHostileServer(async ({ server, alice }) => {
    await alice.send("bob", "one");
    const written = { to: ["bob"], cc: [], bcc: [], subject: "two", body: utf8("two") };
    const draft = { ...written, attachments: [] };
    const stored = await alice.with((mailbox) => keepDraft(mailbox, draft, Date.now()));
    const header = utf8("To: bob\r\nSubject: two\r\nMessage-ID: <two@queue.test>\r\n");
    const body = async function* () {
      yield await Promise.resolve(utf8("two"));
    };
    const claim = { id: "queued", recipients: ["bob"], header, body, name: null, queuedAt: 1 };
    const says: Lies = { findSend: () => () => Promise.resolve(earlier) };
    await server.lying(says, () =>
      alice.with(async (mailbox) => {
        await assert.rejects(findStored(mailbox, stored), isProtocol);
        await assert.rejects(submitAgain(mailbox, claim as unknown as Claim, null), isProtocol);
      }));
    await alice.with(async (mailbox) => {
      assert.equal((await findStored(mailbox, stored)).sentAs, null);
      await submitAgain(mailbox, claim as unknown as Claim, null);
      await submitAgain(mailbox, claim as unknown as Claim, null);
    });
    const sent = ["one verified", "two imported", "two verified"];
    assert.deepEqual(await alice.outcomes("sent"), sent);
  }));

Deno.test("an honest repetition is no more than that, and cannot be told once its copy is deleted", () =>
  atHostileServer(async ({ alice, bob }) => {
    assert.equal(await refusal(alice, "one", { key: "k" }), null);
    assert.equal(await refusal(alice, "one", { key: "k" }), null);
    await alice.with((mailbox) => mailbox.delete([entryId(1)]));
    assert.equal(await refusal(alice, "one", { key: "k" }), "protocol", "nobody can tell");
    await alice.send("bob", "two");
    assert.deepEqual(await bob.outcomes(), ["one unknown", "two unknown"]);
    assert.deepEqual(await missing(bob), []);
  }));

for (const requireVerified of [false, true]) {
  Deno.test(`a known address is not made an alias of its sender's: requires verified keys: ${requireVerified}`, () =>
    atHostileServer(async ({ server, alice, bob }) => {
      await alice.send("bob", "one");
      await bob.outcomes();
      const lies: Lies = {
        findKeys: (honest) => async (names) =>
          (await honest.findKeys(names)).map((keys, at) => names[at] === "bob" ? null : keys),
        findAliases: () => (names) =>
          Promise.resolve(names.map((name) => name === "bob" ? "alice" as typeof name : null)),
      };
      Object.assign(alice.options, { requireVerified });
      await server.lying(lies, async () => {
        await assert.rejects(alice.send("bob", "two"), (error) => isFailure(error, "key_changed"));
      });
    }));
}

Deno.test("an alias of one's own is pinned as any other, and can be decided on", () =>
  atHostileServer(async ({ server, alice }) => {
    const [name, account] = ["help", "alice"].map(asAccountName) as [AccountName, AccountName];
    await server.store.addAlias({ name, skeleton: name, account });
    await alice.send("help", "one");
    const { state, pinned } = await alice.with(async (mailbox) =>
      mailbox.accept(await mailbox.compare("help"), { verified: true })
    );
    assert.deepEqual([state, pinned?.address], ["verified", "help@mail.test"]);
    Object.assign(alice.options, { requireVerified: true });
    await alice.send("help", "two");
    assert.deepEqual(await alice.outcomes(), ["one verified", "two verified"]);
  }));
