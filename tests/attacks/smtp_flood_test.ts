/** Too much of everything by SMTP: recipients, headers, parts, messages, connections; and mail cut in the middle. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { limits } from "../../src/model/limits.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { systemAccountId } from "../../src/store/inbound_store.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { ReceptionStage } from "../support/reception_stage.ts";
import { SmtpStage } from "../support/smtp_stage.ts";

const begin = [
  ["MAIL FROM:<c@world.test>", "250"],
  ["RCPT TO:<bob@mail.test>", "250"],
  ["DATA", "354"],
] as const;

Deno.test("ten thousand recipients end the connection", async () => {
  await using stage = await ReceptionStage.start({ postmaster: asAccountName("bob") });
  await stage.join("bob");
  const program = await stage.connect({ address: "127.0.0.1" });
  await program.talk([["MAIL FROM:<c@world.test>", "250"]]);
  const lines = Array.from({ length: 10_000 }, (_, n) => `RCPT TO:<x${n}@mail.test>\r\n`);
  program.say(lines.join("")).catch(() => {}); // it is cut off before its end
  const said = await program.rest();
  assert.match(said, /421 4\.7\.0 Too many refused commands\r\n$/);
  assert.ok(said.split("\r\n").length <= limits.maxRefusedCommands + 3);
});

Deno.test("one message has so many recipients, and the others are told to come again", async () => {
  await using stage = await ReceptionStage.start();
  const count = limits.maxSmtpRecipients;
  for (let n = 0; n < count; n++) await stage.join(`n${n}`);
  const program = await stage.connect({ address: "127.0.0.1" });
  for (const more of [1, 400, 800]) {
    await program.talk([["MAIL FROM:<c@world.test>", "250"]]);
    for (let n = 0; n < count; n++) await program.talk([[`RCPT TO:<n${n}>`, "250"]]);
    for (let n = 0; n < more; n++) await program.talk([[`RCPT TO:<more.${n}>`, "452 4.5.3"]]);
    await program.talk([["DATA", "354"], [
      "x\r\n.",
      `250 2.6.0 Encrypted and stored for ${count}`,
    ]]);
  }
});

Deno.test("recipients that are told to come again end the connection in the end", async () => {
  const stage = new SmtpStage({ maxRecipients: 1 });
  const program = await stage.connect();
  await program.talk([["EHLO x", "250"], ["MAIL FROM:<c@world.test>", "250"]]);
  program.say(Array.from({ length: 10_000 }, (_, n) => `RCPT TO:<x${n}>\r\n`).join("")).catch(
    () => {},
  );
  const said = await program.rest();
  assert.equal(said.match(/^452/gm)?.length, limits.maxDeferredCommands);
  assert.match(said, /421 4\.7\.0 Too many refused commands\r\n$/);
});

Deno.test("a header without end, and a line without end, are refused", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  const endless = {
    fields: "X: y\r\n".repeat(limits.maxHeaderBytes / 5),
    folds: `X: y\r\n${" z\r\n".repeat(limits.maxHeaderBytes / 3)}`,
    line: `X: ${"y".repeat(limits.maxHeaderBytes + 10)}\r\n`,
  };
  for (const [name, header] of Object.entries(endless)) {
    const program = await stage.connect();
    await program.talk(begin);
    await program.say(`${header}\r\nbody\r\n.\r\n`);
    assert.match((await program.reply())!, /^552 5\.3\.4 .*header/, name);
    program.close();
  }
  assert.deepEqual(await stage.inbox(bob), []);
});

Deno.test("a thousand parts within parts are taken as they are", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  const nested = Array.from(
    { length: 500 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  ).join("");
  const flat = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
    "--b\r\nContent-Disposition: attachment; filename=x\r\n\r\nx\r\n".repeat(3000) + "--b--\r\n";
  for (const source of [nested, flat]) {
    const program = await stage.connect();
    await program.talk(begin);
    await program.say(`Subject: x\r\n${source}.\r\n`);
    assert.match((await program.reply())!, /^250 /);
    const { text, envelope } = (await stage.inbox(bob)).at(-1)!;
    assert.ok(text.endsWith(source) && envelope.attachments.length <= limits.maxAttachments);
    program.close();
  }
});

Deno.test("an address that brings mail without end is told to come again", async () => {
  await using stage = await ReceptionStage.start({ admit: () => {} }, { now: () => 1_000_000 });
  await stage.join("bob");
  const program = await stage.connect();
  await program.talk([["MAIL FROM:<c@world.test>", "250"]]);
  for (let n = 0; n < rates.receiveByAddress.burst; n++) {
    await program.talk([["RCPT TO:<bob@mail.test>", "250"]]);
  }
  await program.talk([["RCPT TO:<bob@mail.test>", "451 4.7.0"]]);
  const local = await stage.connect({ address: "127.0.0.1" });
  await local.talk([["MAIL FROM:<c@world.test>", "250"], ["RCPT TO:<bob@mail.test>", "250"]]);
});

Deno.test("connections of one address are counted with those of clients", async () => {
  await using stage = await ReceptionStage.start({}, { now: () => 1_000_000 });
  for (let n = 0; n < rates.handshakeByAddress.burst; n++) (await stage.connect()).close();
  await assert.rejects(stage.connect(), /421 4\.7\.0 Too many connections/);
  (await stage.connect({ address: "198.51.100.1" })).close();
});

Deno.test("a connection that never stops talking does not keep the others waiting", async () => {
  const stage = new SmtpStage();
  const [flooding, other] = [await stage.connect(), await stage.connect()];
  let isTalking = true;
  const said = (async () => {
    for (let n = 0; n < 300 && isTalking; n++) await flooding.say("NOOP\r\n".repeat(1_000));
    return isTalking;
  })();
  const heard = flooding.rest();
  let isDue = false;
  setTimeout(() => isDue = true);
  await other.talk([["EHLO x", "250"], ["NOOP", "250"]]);
  while (!isDue) await new Promise((resolve) => setTimeout(resolve));
  isTalking = false;
  assert.equal(await said, false, "it was heard out first");
  for (const program of [flooding, other]) program.close();
  await heard;
});

Deno.test("long mail that is cut off leaves nothing, and may be sent again", async () => {
  const store = new MemoryStore("mail.test");
  const begun: number[] = [];
  const discarded: number[] = [];
  store.beginUpload = ((begin) => async (account) => {
    assert.equal(account, systemAccountId);
    const id = await begin(account);
    begun.push(id);
    return id;
  })(store.beginUpload.bind(store));
  store.discardUpload = ((discard) => (id) => {
    discarded.push(id);
    return discard(id);
  })(store.discardUpload.bind(store));
  await using stage = await ReceptionStage.start({}, { store });
  const bob = await stage.join("bob");
  const long = `Subject: x\r\n\r\n${`${"x".repeat(98)}\r\n`.repeat(20_000)}`;
  const cut = await stage.connect();
  await cut.talk(begin);
  await cut.say(long);
  cut.close();
  while (discarded.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([begun, discarded, await stage.inbox(bob)], [[1], [1], []]);
  const whole = await stage.connect();
  await whole.talk(begin);
  await whole.say(`${long}.\r\n`);
  assert.match((await whole.reply())!, /^250 /);
  const [arrived] = await stage.inbox(bob);
  assert.ok(arrived!.text.endsWith(long));
});

Deno.test("a message of dots is handed on in as few pieces as any other", async () => {
  let [pieces, bytes] = [0, 0];
  const stage = new SmtpStage({
    receive: () => ({
      mail: () => Promise.resolve(),
      recipient: () => Promise.resolve(),
      message: async (_envelope, source) => {
        for await (const { length } of source) [pieces, bytes] = [pieces + 1, bytes + length];
        return "taken";
      },
      leave: () => {},
    }),
  });
  const program = await stage.connect();
  await program.talk([["EHLO x", "250"], ...begin]);
  await program.say(`${"..\r\n".repeat(100_000)}.\r\n`);
  assert.match((await program.reply())!, /^250 /);
  assert.equal(bytes, 300_000);
  assert.ok(pieces < 100, `${pieces} pieces`);
  program.close();
});
