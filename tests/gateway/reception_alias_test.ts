/** Addresses beside the accounts' own, taken by SMTP: aliases, a catch-all, tags. */
import { asAccountName } from "../../src/model/address.ts";
import assert from "node:assert/strict";
import { ReceptionStage } from "../support/reception_stage.ts";

const unknown = "550 5.1.1";

async function stageWith(...aliases: [alias: string, account: string][]): Promise<ReceptionStage> {
  const stage = await ReceptionStage.start({ postmaster: null });
  await stage.join("alice");
  for (const [alias, account] of aliases) await stage.server.context.aliases.add(alias, account);
  return stage;
}

const recipients: readonly [address: string, plain: string, withCatchAll: string][] = [
  ["alice@mail.test", "250", "250"],
  ["alice+scans@mail.test", "250", "250"],
  ["ALICE+Scans@MAIL.TEST", "250", "250"],
  ["alice+a+b=c!#$%&'*/?^`{|}~@mail.test", "250", "250"],
  ["alice+@mail.test", "250", "250"],
  ["info@mail.test", "250", "250"],
  ["Info+x@mail.test", "250", "250"],
  ["inf0@mail.test", unknown, "250"],
  ["nobody@mail.test", unknown, "250"],
  ["nobody+x@mail.test", unknown, "250"],
  ["+alice@mail.test", unknown, "250"],
  ["no..body!@mail.test", unknown, "250"],
  [`${"x".repeat(64)}@mail.test`, unknown, "250"],
  ["user%elsewhere.test@mail.test", unknown, "250"],
  ["postmaster@mail.test", unknown, "250"],
  ["alice@elsewhere.test", unknown, unknown],
  ["nobody@elsewhere.test", unknown, unknown],
  ["alice+x@elsewhere.test", unknown, unknown],
];

for (const [index, title] of ["with an alias", "with a catch-all too"].entries()) {
  Deno.test(`who takes mail, ${title}`, async () => {
    const catchAll: [string, string][] = index === 1 ? [["*", "alice"]] : [];
    await using stage = await stageWith(["info", "alice"], ...catchAll);
    const program = await stage.connect();
    await program.talk([["MAIL FROM:<carol@world.test>", "250"]]);
    for (const [address, ...replies] of recipients) {
      await program.talk([[`RCPT TO:<${address}>`, replies[index]!]]);
    }
  });
}

Deno.test("mail for several addresses of an account is one copy, which shows what the sender wrote", async () => {
  await using stage = await ReceptionStage.start();
  const alice = await stage.join("alice");
  await stage.server.context.aliases.add("info@mail.test", "alice@mail.test");
  const program = await stage.connect();
  await program.talk([
    ["MAIL FROM:<carol@world.test>", "250"],
    ["RCPT TO:<info@mail.test>", "250"],
    ["RCPT TO:<alice+scans@mail.test>", "250"],
    ["RCPT TO:<alice@mail.test>", "250"],
    ["DATA", "354"],
    [
      "From: carol@world.test\r\nTo: info@mail.test, alice+scans@mail.test\r\n\r\nx\r\n.",
      "250 2.6.0 Encrypted and stored for 1 ",
    ],
  ]);
  const [only, ...more] = await stage.inbox(alice);
  assert.deepEqual([only!.envelope.to, more], [["info@mail.test", "alice+scans@mail.test"], []]);
});

Deno.test("an alias has the room of its account, and none once the account is deleted", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  await stage.server.context.aliases.add("info", "bob");
  await stage.server.store.setQuota(asAccountName("bob"), { maxBytes: 1_000 });
  const program = await stage.connect();
  await program.talk([
    ["MAIL FROM:<carol@world.test> SIZE=2000", "250"],
    ["RCPT TO:<info@mail.test>", "552 5.3.4"],
  ]);
  await stage.server.context.accounts.end(bob.account.id);
  await program.talk([["RCPT TO:<info@mail.test>", unknown]]);
});

Deno.test("a program may show its own address with a tag or an alias of it, and nobody else's", async () => {
  await using stage = await ReceptionStage.start();
  const [alice] = [await stage.join("alice"), await stage.join("bob")];
  await stage.server.context.aliases.add("info", "bob");
  await stage.server.context.aliases.add("sales", "alice");
  await stage.server.context.aliases.add("*", "alice");
  const program = await stage.connect();
  await program.talk([[`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"]]);
  await program.talk([["MAIL FROM:<info@mail.test>", "550"]]);
  const authors: readonly [from: string, reply: string][] = [
    ["alice+scanner@mail.test", "250"],
    ["Scans <alice+scanner@mail.test>", "250"],
    ["sales@mail.test", "250"],
    ["Sales+x@MAIL.TEST", "250"],
    ['"sales@mail.test" <sales@mail.test>', "250"],
    ["alice@mail.test, sales@mail.test", "250"],
    ["bob+alice@mail.test", "550"],
    ["info@mail.test", "550"],
    ["sales@mail.test, info@mail.test", "550"],
    ['"info@mail.test" <sales@mail.test>', "550"],
    ["sa1es@mail.test", "550"],
    ["nobody@mail.test", "550"],
    ["sales@elsewhere.test", "550"],
    ["alice+Bob <bob@mail.test", "550"],
    ["alice+x@y@mail.test", "550"],
    ["alice+ <bob@mail.test>", "550"],
    ['"alice+x, bob"@mail.test', "550"],
  ];
  for (const [from, reply] of authors) {
    await program.talk([
      ["MAIL FROM:<sales+scanner@mail.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
      [`From: ${from}\r\n\r\nx\r\n.`, reply],
    ]);
  }
});

const refusals: readonly [alias: string, account: string, code: string][] = [
  ["alice", "bob", "name_taken"],
  ["sa1es", "bob", "name_taken"],
  ["info", "nobody", "no_such_recipient"],
  ["info", "sales", "no_such_recipient"],
  ["info", "*", "no_such_recipient"],
  ["sales", "bob", "name_taken"],
  ["postmaster", "bob", "name_taken"],
  ["mailer-daemon", "bob", "name_taken"],
  ["info@elsewhere.test", "bob", "malformed"],
  ["info", "bob@elsewhere.test", "malformed"],
  ["info+x", "bob", "malformed"],
  ["i*", "bob", "malformed"],
  ["", "bob", "malformed"],
];

for (const [alias, account, code] of refusals) {
  Deno.test(`no alias ${alias} of ${account}: ${code}`, async () => {
    await using stage = await stageWith(["sales", "alice"]);
    await stage.join("bob");
    await assert.rejects(stage.server.context.aliases.add(alias, account), { code });
  });
}
