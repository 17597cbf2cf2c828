/** A login is worth nothing but in its own session: not to a server that passes it on, nor to who recorded it. */
import assert from "node:assert/strict";
import { Client } from "../../src/client/connection/client.ts";
import { keysOf, logIn } from "../../src/client/account/log_in.ts";
import type { ServerKey } from "../../src/crypto/session/handshake.ts";
import { ticketSecrets } from "../../src/crypto/session/ticket.ts";
import { prepareRegistration } from "../../src/crypto/account/registration.ts";
import { asAccountName, parseAddress } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { asLoginKey } from "../../src/model/digests.ts";
import type { Connection } from "../../src/net/connection.ts";
import { ServerSession } from "../../src/session/server_session.ts";
import { registerOn } from "../support/account.ts";
import { password } from "../support/person_account.ts";
import { pipe } from "../support/pipe.ts";
import { outcome, RawClient, Refusal } from "../support/raw_client.ts";
import { makePairQuickly } from "../support/quick_rsa.ts";
import { startPipeServer } from "../support/server.ts";

const wanted = parseAddress("ada");

async function makeServerKey(): Promise<ServerKey> {
  const { publicKey, privateKey } = await makePairQuickly("RSA-OAEP");
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    decrypt: async (sealed) =>
      new Uint8Array(await crypto.subtle.decrypt("RSA-OAEP", privateKey, sealed.slice())),
    ticketSecret: await ticketSecrets(utf8("private key")),
  };
}

/** A server with a key of its own that asks an honest one for every answer. */
async function relay(connection: Connection, key: ServerKey, honest: RawClient): Promise<void> {
  const session = new ServerSession(key, null);
  await session.start();
  for (;;) {
    const event = await session.next();
    if (event === null) {
      await connection.write(session.takeOutput() ?? new Uint8Array(0));
      const bytes = await connection.read();
      if (bytes === null) return;
      session.push(bytes);
    } else if (event.type === "request") {
      const { name, value } = event.request;
      try {
        await session.reply(name, await honest.call(name, value as never));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await session.fail(error.told);
      }
    }
  }
}

Deno.test("a server that passes a login on gets into no account of another server", async () => {
  await using server = await startPipeServer();
  const { registration, keys } = await prepareRegistration(wanted.name, "mail.test", password);
  const owner = await RawClient.open(server.connect());
  await owner.call("register", { ...registration, loginSeed: keys.loginSeed });

  const honest = await RawClient.open(server.connect());
  const [here, there] = pipe();
  const relayed = relay(there, await makeServerKey(), honest);
  const trust = { ticket: null, onProved: () => Promise.resolve(), proofFirst: true };
  const client = new Client(Promise.resolve(here), () => Promise.resolve(trust));
  const login = await keysOf(client, wanted, password);
  await assert.rejects(logIn(client, login), { code: "denied" });
  client.close();
  await relayed;
  assert.equal(
    await outcome(honest.call("keyring", { known: null })),
    "denied",
    "the hostile server is in",
  );

  const direct = new Client(Promise.resolve(server.connect()), () => Promise.resolve(trust));
  assert.equal((await logIn(direct, login)).address, "ada@mail.test");
  direct.close();
});

Deno.test("a login that was recorded opens no other session, nor another account", async () => {
  await using server = await startPipeServer();
  const [ada, bob, thief] = [
    await RawClient.open(server.connect()),
    await RawClient.open(server.connect()),
    await RawClient.open(server.connect()),
  ];
  const account = await registerOn(ada, "ada");
  const other = await registerOn(bob, "bob");
  const said = await ada.proofOf(account);
  const { key: otherKey } = await bob.proofOf(other);
  const elsewhere = await thief.proofOf({ ...account, domain: "else.test" });
  const own = await thief.proofOf({ ...other, name: account.name });
  const attempts = {
    "in another session": said,
    "under another name": { ...said, name: asAccountName("bob") },
    "with the key of another": { ...said, key: asLoginKey(otherKey) },
    "for another domain": elsewhere,
    "by another's key": own,
    "with no signature": { ...said, signature: new Uint8Array(64) },
  };
  for (const [which, attempt] of Object.entries(attempts)) {
    assert.equal(await outcome(thief.call("login", attempt)), "denied", which);
  }
  assert.equal(await outcome(thief.call("keyring", { known: null })), "denied");
  assert.equal(await outcome(ada.call("login", said)), "ok");
});
