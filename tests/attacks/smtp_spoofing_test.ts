/** Sending in the name of somebody who has an account here. */
import assert from "node:assert/strict";
import { byteString } from "../../src/mime/byte_string.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { type Owner, ReceptionStage } from "../support/reception_stage.ts";

const senders = [
  "alice@mail.test",
  "alice@MAIL.test",
  "ALICE@mail.test",
  "alice",
  '"alice"@mail.test',
  '"ali\\ce"@mail.test',
  "nobody@mail.test",
  "@relay.test:alice@mail.test",
  "postmaster@mail.test",
];

const authors = [
  "alice@mail.test",
  "Alice <alice@mail.test>",
  "x@world.test, alice@mail.test",
  "Friends: x@world.test, Alice <alice@mail.test>;",
  "alice@mail.test.",
  "alice@Mail.Test",
  "alice",
  'Alice (the boss) <"alice"@mail.test>',
  "alice@mail.test, <broken",
  "broken> alice@mail.test <",
  "x@world.test\r\nFrom: alice@mail.test",
  "x@world.test\r\nFROM : alice@mail.test",
  "x@world.test,\r\n\talice@mail.test",
];

async function say(stage: ReceptionStage, lines: readonly string[], login?: string) {
  const program = await stage.connect({ address: "127.0.0.1" });
  if (login !== undefined) await program.talk([[`AUTH PLAIN ${login}`, "235"]]);
  let reply = "";
  for (const line of lines) {
    reply = (await program.ask(line))!;
    if (/^[45]/.test(reply)) break;
  }
  program.close();
  return reply;
}

function mail(from: string, header: string): string[] {
  return [`MAIL FROM:<${from}>`, "RCPT TO:<bob@mail.test>", "DATA", `${header}\r\n\r\nx\r\n.`];
}

async function stageOf(...names: string[]): Promise<[ReceptionStage, ...Owner[]]> {
  const stage = await ReceptionStage.start();
  return [stage, ...await Promise.all(names.map((name) => stage.join(name)))];
}

Deno.test("MAIL FROM an address of the server needs its login", async () => {
  const [stage, bob, eve] = await stageOf("bob", "eve", "alice");
  await using _ = stage;
  const login = await stage.appPassword(eve!);
  for (const sender of senders) {
    for (const as of [undefined, login]) {
      const reply = await say(stage, mail(sender, "Subject: x"), as);
      assert.match(reply, /^550 5\.7\.1 Cannot send as /, `${sender} ${as}`);
    }
  }
  assert.match(await say(stage, mail("c@world.test", "Subject: x"), login), /^550 5\.7\.1 /);
  assert.match(await say(stage, mail("eve@mail.test", "Subject: x"), login), /^250 /);
  assert.match(await say(stage, mail("", "Subject: x"), login), /^250 /);
  assert.equal((await stage.inbox(bob!)).length, 2);
});

Deno.test("From: an address of the server needs its login too, however it is written", async () => {
  const [stage, bob, eve] = await stageOf("bob", "eve", "alice");
  await using _ = stage;
  const login = await stage.appPassword(eve!);
  for (const author of authors) {
    const header = `From: ${author}\r\nSubject: x`;
    for (const [sender, as] of [["c@world.test", undefined], ["eve@mail.test", login]] as const) {
      assert.match(await say(stage, mail(sender, header), as), /^550 5\.7\.1 /, `${author} ${as}`);
    }
  }
  assert.deepEqual(await stage.inbox(bob!), []);
});

/** Spellings that mail programs show as an address of the server. */
const lookAlikes = [
  "=?utf-8?q?alice=40mail=2Etest?=",
  "=?utf-8?b?YWxpY2VAbWFpbC50ZXN0?=",
  "<=?utf-8?q?alice=40mail=2Etest?=>",
  "=?utf-8?q?alice?=",
  "alice@mail.test\u200b",
  "alice@ma\u00adil.test",
  "alice\u2060@mail.test",
  "alice\uff20mail.test",
  "alice@\uff4d\uff41\uff49\uff4c.test",
  "alice@mail\u3002test",
  "alice@mail.test..",
  "alice@m\u0430il.test", // a Cyrillic a
  "alice@xn--mil-6cd.test", // the same
  "alice@mai1.test",
  "Alice <alice@M\u0430IL.test.>",
];

Deno.test("From: what programs show as an address of the server is refused too", async () => {
  const [stage, bob] = await stageOf("bob", "alice");
  await using _ = stage;
  for (const author of lookAlikes) {
    const header = byteString(utf8(`From: ${author}\r\nSubject: x`));
    const reply = await say(stage, mail("c@world.test", header));
    assert.match(reply, /^550 5\.7\.1 /, author);
  }
  assert.deepEqual(await stage.inbox(bob!), []);
});

Deno.test("a From of more than 4 KiB is refused before it is read", async () => {
  const [stage, bob] = await stageOf("bob");
  await using _ = stage;
  const forms = [
    `From: ${"@a".repeat(100_000)}`,
    `From: ${"a@world.test, ".repeat(300)}b@world.test`,
    "From: a@world.test\r\n".repeat(400).trimEnd(),
  ];
  for (const header of forms) {
    const reply = await say(stage, mail("c@world.test", header));
    assert.match(reply, /^552 5\.3\.4 .*From/, header.slice(0, 30));
  }
  const fitting = `From: ${"a@world.test, ".repeat(250)}b@world.test`;
  assert.match(await say(stage, mail("c@world.test", fitting)), /^250 /);
  assert.equal((await stage.inbox(bob!)).length, 1);
});

Deno.test("what only looks a little like it is taken, as a claim of somebody else", async () => {
  const [stage, bob, eve] = await stageOf("bob", "eve");
  await using _ = stage;
  const fine = [
    "alice@mail.test.world.test",
    "alice@notmail.test",
    "alice@sub.mail.test",
    '"alice@mail.test" <x@world.test>',
    "=?utf-8?q?alice=40mail.test?= <x@world.test>",
  ];
  for (const author of fine) {
    assert.match(await say(stage, mail("c@world.test", `From: ${author}`)), /^250 /, author);
  }
  const shown = (await stage.inbox(bob!)).map(({ envelope }) => envelope.from);
  assert.deepEqual(shown, [...fine.slice(0, 3), "x@world.test", "x@world.test"]);
  const login = await stage.appPassword(eve!);
  const body = "From: eve@mail.test\r\n\r\nFrom: alice@mail.test";
  assert.match(await say(stage, mail("eve@mail.test", body), login), /^250 /);
});

Deno.test("who has said MAIL cannot log in behind it, under another sender", async () => {
  const [stage, bob, eve] = await stageOf("bob", "eve");
  await using _ = stage;
  const login = `AUTH PLAIN ${await stage.appPassword(eve!)}`;
  const program = await stage.connect();
  await program.talk([
    ["MAIL FROM:<c@world.test>", "250"],
    [login, "503 5.5.1"],
    ["RCPT TO:<bob@mail.test>", "250"],
    ["AUTH LOGIN", "503 5.5.1"],
    ["DATA", "354"],
    ["From: eve@mail.test\r\n\r\nx\r\n.", "550 5.7.1"],
    [login, "235"],
    ["MAIL FROM:<c@world.test>", "550 5.7.1"],
  ]);
  program.close();
  assert.deepEqual(await stage.inbox(bob!), []);
});

Deno.test("nothing is added to what the server writes in front of a message", async () => {
  const [stage, bob] = await stageOf("bob");
  await using _ = stage;
  for (const begin of [" (authenticated as alice)", "\tfor <alice@mail.test>"]) {
    const header = `${begin}\r\nSubject: x`;
    assert.match(await say(stage, mail("c@world.test", header)), /^250 /);
    const { text } = (await stage.inbox(bob!)).at(-1)!;
    const [written = "", body = ""] = text.split("\r\n\r\n");
    assert.match(written, /^Return-Path: .*From: <c@world\.test>$/s);
    assert.ok(body.startsWith(`${begin}\r\n`), text); // a blank line stands in front of it
  }
});

Deno.test("mail that goes round in circles is refused", async () => {
  const [stage, bob] = await stageOf("bob");
  await using _ = stage;
  const hops = (count: number) => "Received: from a by b; now\r\n".repeat(count) + "Subject: x";
  assert.match(await say(stage, mail("c@world.test", hops(101))), /^554 5\.4\.6 /);
  assert.match(await say(stage, mail("c@world.test", hops(100))), /^250 /);
  assert.equal((await stage.inbox(bob!)).length, 1);
});
