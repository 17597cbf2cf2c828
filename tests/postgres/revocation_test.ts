/** Sessions at one server that another process ends: the next request is refused, and idle ones are closed soon. */
import assert from "node:assert/strict";
import { makeAppPassword } from "../../src/crypto/account/app_password.ts";
import { openReception } from "../../src/gateway/reception/listen.ts";
import { asAccountName } from "../../src/model/address.ts";
import { asLoginKey } from "../../src/model/digests.ts";
import type { Account } from "../../src/store/account_store.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { endings } from "../contract/store_contract_epoch.ts";
import { registerOn, type TestAccount } from "../support/account.ts";
import { startTls } from "../support/listener_here.ts";
import { MailProgram } from "../support/mail_program.ts";
import { deadline } from "../support/person.ts";
import { cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { RawClient } from "../support/raw_client.ts";
import { plainLogin } from "../support/reception_stage.ts";
import { startServer } from "../support/server.ts";

/** Far more than it takes, and far less than until anybody looks by himself. */
const soonMs = 5_000;

/** Takes mail from programs that begin with TLS. */
const forPrograms = {
  smtp: null,
  submissions: { hostname: "127.0.0.1", port: 0 },
  allowsPlainLocal: false,
  allowsLegacy: false,
  postmaster: null,
} as const;

interface Scene {
  /** Another process of the same database. */
  readonly other: Store;
  readonly alice: Account;
  readonly ada: TestAccount;
  /** Opens a session of alice at the server. */
  readonly logIn: () => Promise<RawClient>;
  /** Logs in a program of alice, by the password `program`. */
  readonly program: () => Promise<MailProgram>;
  /** Keeps the server from hearing what others say. */
  readonly deafen: () => Promise<unknown>;
}

async function onStage(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using database = await freshDatabase();
  const domain = { domain: "mail.test" };
  const other = await openStore(database.url, domain);
  try {
    await using server = await startServer({
      store: await openStore(database.url, domain),
      openListener: (parts) => Promise.resolve(openReception({ ...parts, ...forPrograms })),
    });
    const open = async () => await RawClient.open(await server.dial());
    const first = await open();
    const ada = await registerOn(first, "alice");
    first.close();
    const alice = (await other.findAccount(asAccountName("alice")))!;
    const logIn = async () => {
      const client = await open();
      await client.logIn(ada);
      return client;
    };
    const program = async () => {
      const { password, verifier } = await makeAppPassword();
      const added = { label: "program", scope: "smtp", verifier, createdAt: 0 } as const;
      await other.addAppPassword({ accountId: alice.id, ...added });
      const [[, address]] = server.ready.extraAddresses as [[string, string]];
      const port = Number(address.split(":")[1]);
      const socket = await Deno.connect({ hostname: "127.0.0.1", port });
      const pem = await Deno.readTextFile(`${server.keys}/self_signed.crt`);
      const made = new MailProgram(await startTls(socket, pem));
      await made.reply();
      await made.talk([["EHLO client.test", "250-"]]);
      await made.talk([[`AUTH PLAIN ${plainLogin("alice", password)}`, "235"]]);
      return made;
    };
    const { name } = database;
    const deafen = async () =>
      await (await cluster()).ask("ALTER TABLE account DISABLE TRIGGER USER", name);
    await act({ other, alice, ada, logIn, program, deafen });
  } finally {
    await other.close();
  }
}

const waiting = { after: 0, unread: false };

for (const [what, end] of Object.entries(endings)) {
  Deno.test({
    name: `postgres, two servers: ${what} ends idle and waiting sessions everywhere`,
    ignore: withoutPostgres,
    fn: () =>
      onStage(async ({ other, alice, logIn }) => {
        const [idle, waits] = [await logIn(), await logIn()];
        await waits.sendRequest("waitForMail", waiting);
        await end(other, alice);
        await deadline(Promise.all([idle.readToEnd(), waits.readToEnd()]), soonMs, "they go on");
      }),
  });

  Deno.test({
    name: `postgres, two servers: ${what} ends a session that hears nothing, at its next request`,
    ignore: withoutPostgres,
    fn: () =>
      onStage(async ({ other, alice, logIn, deafen }) => {
        const session = await logIn();
        await deafen();
        await end(other, alice);
        await session.sendRequest("keyring", { known: null });
        const frames = await deadline(session.readToEnd(), soonMs, "it goes on");
        assert.deepEqual(frames.length, 1, "no more than a refusal");
      }),
  });
}

/** What ends the login of a program. */
const programEndings: typeof endings = {
  "a revoked application password": (other, { id }) => other.removeAppPassword(id, "program"),
  "an administrator": endings["an administrator"]!,
  "a recovery": endings["a recovery"]!,
  "its owner, for good": endings["its owner, for good"]!,
};

for (const [what, end] of Object.entries(programEndings)) {
  Deno.test({
    name: `postgres, two servers: ${what} ends idle programs everywhere`,
    ignore: withoutPostgres,
    fn: () =>
      onStage(async ({ other, alice, program }) => {
        const idle = await program();
        await end(other, alice);
        const told = await deadline(idle.reply(), soonMs, "it goes on");
        assert.equal(told, "421 4.7.0 The login is over");
        idle.close();
      }),
  });
}

Deno.test({
  name: "postgres, two servers: a device that is revoked ends, and other sessions go on",
  ignore: withoutPostgres,
  fn: () =>
    onStage(async ({ other, alice, logIn }) => {
      const session = await logIn();
      await other.addDevice({
        accountId: alice.id,
        label: "phone",
        key: asLoginKey(new Uint8Array(32).fill(7)),
        scope: "mail",
        senders: null,
        expiresAt: null,
        sealedKeys: new Uint8Array(1),
        wrappedKey: new Uint8Array(1),
        createdAt: 1,
        replaces: null,
      });
      await other.removeDevice(alice.id, "phone");
      for (let n = 0; n < 3; n++) await session.call("keyring", { known: null });
      session.close();
    }),
});
