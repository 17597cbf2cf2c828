/** What was opened by public key once is opened by the account's own key from then on, whatever shows it. WIRE 8.4 */
import assert from "node:assert/strict";
import { parseQuery } from "../../src/client/searching/query.ts";
import { AgeIdentity } from "../../src/crypto/age/stanza.ts";
import { entryId } from "../../src/model/ids.ts";
import { PersonHere } from "../support/account_here.ts";
import { HostileServer } from "../support/hostile_server.ts";

/** Counts how often a file key is unwrapped while something is done. */
async function unwrapped(work: () => Promise<unknown>): Promise<number> {
  const honest = AgeIdentity.prototype.unwrapFileKey;
  let count = 0;
  AgeIdentity.prototype.unwrapFileKey = function (stanza) {
    count++;
    return honest.call(this, stanza);
  };
  try {
    await work();
    return count;
  } finally {
    AgeIdentity.prototype.unwrapFileKey = honest;
  }
}

async function play(act: (alice: PersonHere, bob: PersonHere) => Promise<void>): Promise<void> {
  await using server = await HostileServer.start();
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    const join = (name: string) => PersonHere.join(name, server.trusted, `${folder}/${name}`);
    await act(await join("alice"), await join("bob"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a list opens each envelope once; reading, searching and answering open none again", () =>
  play(async (alice, bob) => {
    await alice.send("bob", "one");
    await alice.send("bob", "two");
    assert.equal(await unwrapped(() => bob.list()), 2);
    assert.equal(await unwrapped(() => bob.list()), 0);
    const read = async () => assert.equal((await bob.read(1)).text.endsWith("one"), true);
    assert.equal(await unwrapped(read), 0);
    const found = () =>
      bob.with(async (mailbox) => {
        const query = parseQuery("in:inbox two", { now: Date.now(), at: Date.parse });
        const { messages } = await mailbox.search({ query, limit: 9, keepsIndex: false });
        assert.equal(messages.length, 1);
      });
    assert.equal(await unwrapped(found), 0);
    const answer = () =>
      bob.with((mailbox) => {
        const draft = { to: ["alice"], cc: [], bcc: [], subject: "Re", attachments: [] };
        return mailbox.send({ ...draft, body: new Uint8Array(1), replyTo: entryId(1) });
      });
    assert.equal(await unwrapped(answer), 0);
  }));

Deno.test("an answer to a message that is not there fails once, whatever fails before it", () =>
  play(async (_alice, bob) => {
    for (const to of ["alice", "nobody"]) {
      const draft = { to: [to], cc: [], bcc: [], subject: "Re", attachments: [] };
      const answering = bob.with((mailbox) =>
        mailbox.send({ ...draft, body: new Uint8Array(1), replyTo: entryId(999) })
      );
      await assert.rejects(answering, { name: "MailError" }); // and nothing is left unheard
    }
  }));

Deno.test("a message that is read before any list is opened once too", () =>
  play(async (alice, bob) => {
    await alice.send("bob", "one");
    assert.equal(await unwrapped(() => bob.read(1)), 1);
    assert.equal(await unwrapped(() => bob.list()), 0);
    assert.equal(await unwrapped(() => bob.read(1)), 0);
  }));

Deno.test("returned mail is opened once when it is listed, and once when it is read", () =>
  play(async (alice) => {
    await alice.with((mailbox) => {
      const draft = { to: ["nobody"], cc: [], bcc: [], subject: "x", attachments: [] };
      return mailbox.send({ ...draft, body: new Uint8Array(1), partial: true });
    });
    assert.equal(await unwrapped(() => alice.list()), 1);
    assert.equal(await unwrapped(() => alice.read(2)), 1);
  }));
