/** Logins at the bridge in which the password is proved and not said, in both protocols. */
import assert from "node:assert/strict";
import type { Protocol } from "../../src/gateway/bridge/bridge.ts";
import { Mailbox } from "../../src/client/mailbox.ts";
import { makeAppPassword } from "../../src/crypto/account/app_password.ts";
import { asAccountName } from "../../src/model/address.ts";
import { letOthersIn } from "../../src/model/promises.ts";
import { BridgeHere, bridgePassword as password } from "../support/bridge_here.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { apopDigest, sayScram } from "../support/scram_client.ts";

async function staged(work: (bob: BridgeHere) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start();
    const bob = await BridgeHere.start("bob", server.trusted, folder);
    await work(bob);
    assert.deepEqual(bob.trouble, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function begin(bob: BridgeHere, protocol: Protocol) {
  const program = await bob.connect(protocol);
  if (protocol === "smtp") {
    assert.match((await program.ask("EHLO x"))!, /\n250-AUTH SCRAM-SHA-256 PLAIN LOGIN\n/);
  }
  return program;
}

const right: readonly (readonly [what: string, how: Partial<Parameters<typeof sayScram>[1]>])[] = [
  ["at once", {}],
  ["after an empty challenge", { initial: false }],
  ["with the whole address", { name: "Bob@mail.test" }],
  ["without channel binding at the server", { header: "y,," }],
  ["in its own name", { header: "n,a=bob@mail.test," }],
];

const refused: readonly (readonly [what: string, how: Partial<Parameters<typeof sayScram>[1]>])[] =
  [
    ["a wrong password", { password: "wrong" }],
    ["a name that is nobody's", { name: "nobody" }],
    ["somebody else's name to act in", { header: "n,a=alice," }],
    ["channel binding, which is not offered", { header: "p=tls-unique,," }],
  ];

for (const protocol of ["smtp", "pop3"] as const) {
  const [yes, no] = protocol === "smtp" ? ["235", /^5(?:35|01) /] : ["+OK", /^-ERR /] as const;

  Deno.test(`${protocol}: SCRAM-SHA-256 lets in who knows the password, and proves that the bridge does`, () =>
    staged(async (bob) => {
      for (const [what, how] of right) {
        const program = await begin(bob, protocol);
        const { isServerRight } = await sayScram(program, { name: "bob", password, ...how });
        assert.ok(isServerRight, what);
        await program.talk([["", yes as string], ["QUIT", protocol === "smtp" ? "221" : "+OK"]]);
      }
    }));

  Deno.test(`${protocol}: SCRAM-SHA-256 refuses the rest, and nobody is in before the last word`, () =>
    staged(async (bob) => {
      for (const [what, how] of refused) {
        const program = await begin(bob, protocol);
        const { reply } = await sayScram(program, { name: "bob", password, ...how });
        assert.match(reply, no as RegExp, what);
        program.close();
      }
      for (const last of ["*", "QUIT"]) {
        const program = await begin(bob, protocol);
        await sayScram(program, { name: "bob", password });
        assert.match((await program.ask(last))!, no as RegExp);
        const inside = protocol === "smtp" ? ["MAIL FROM:<>", "530"] : ["STAT", "-ERR Not now"];
        await program.talk([inside as [string, string]]);
        program.close();
      }
    }));

  Deno.test(`${protocol}: a name that is nobody's is answered as one that is, always the same`, () =>
    staged(async (bob) => {
      const salts: string[] = [];
      const replies: string[] = [];
      for (const name of ["bob", "nobody", "bob", "nobody"]) {
        const program = await begin(bob, protocol);
        const { serverFirst, reply } = await sayScram(program, { name, password: "wrong" });
        salts.push(/s=([^,]+),i=4096$/.exec(serverFirst)![1]!);
        replies.push(reply);
        program.close();
      }
      assert.equal(new Set(replies).size, 1);
      assert.deepEqual(salts.map((salt) => salt.length), [24, 24, 24, 24]);
      assert.deepEqual(salts.slice(2), salts.slice(0, 2));
      assert.notEqual(salts[0], salts[1]);
    }));
}

Deno.test("APOP lets in who knows the password, by a greeting that comes once", () =>
  staged(async (bob) => {
    const { program, greeting } = await bob.greet("pop3");
    const other = await bob.greet("pop3");
    assert.match(greeting, /^\+OK mailctl <[0-9a-f]{32}@localhost>$/);
    assert.notEqual(greeting, other.greeting);
    const digest = apopDigest(greeting, password);
    await other.program.talk([
      [`APOP bob ${digest}`, "-ERR [AUTH]"],
      ["APOP bob", "-ERR Usage"],
      [`APOP nobody ${apopDigest(other.greeting, password)}`, "-ERR [AUTH]"],
      [`APOP bob ${apopDigest(other.greeting, "wrong")}`, "-ERR [AUTH]"],
    ]);
    assert.equal(await other.program.line(), null);
    await program.talk([[`APOP bob ${digest}`, "+OK 0 messages"], ["QUIT", "+OK"]]);
  }));

Deno.test("who guesses application passwords is kept waiting, and nobody behind them whose password is right", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start();
    const bob = await BridgeHere.start("bob", server.trusted, folder);
    const { id } = (await server.store.findAccount(asAccountName("bob")))!;
    const { password, verifier } = await makeAppPassword();
    const kept = { label: "bridge", scope: "bridge", verifier, createdAt: 1 } as const;
    await server.store.addAppPassword({ accountId: id, ...kept });
    const login = async (secret: string) => {
      const program = await bob.connect("smtp");
      await program.ask("EHLO x");
      return await program.ask(`AUTH PLAIN ${btoa(`\0bob\0${secret}`)}`);
    };
    assert.match((await login(password))!, /^235 /);
    assert.match((await login("no application password"))!, /^535 /);
    const { checkAppPassword } = Mailbox.prototype;
    const asked = Promise.withResolvers<void>();
    Mailbox.prototype.checkAppPassword = async function (scope, secret) {
      if (secret !== password) await asked.promise;
      return await checkAppPassword.call(this, scope, secret);
    };
    let answered = 0;
    const guesses = Array.from({ length: 15 }, async () => {
      const reply = await login((await makeAppPassword()).password);
      answered++;
      return reply!.slice(0, 3);
    });
    while (answered < 5) await letOthersIn(); // those that are too many
    assert.match((await login(password))!, /^235 /);
    assert.equal(answered, 5, "it did not wait");
    asked.resolve();
    Mailbox.prototype.checkAppPassword = checkAppPassword;
    const replies = Object.groupBy(await Promise.all(guesses), (reply) => reply);
    bob.bridge.close();
    assert.deepEqual([replies["451"]?.length, replies["535"]?.length], [5, 10]);
    assert.deepEqual(bob.trouble, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
