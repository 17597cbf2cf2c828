/** Filling somebody's mailbox, so that no message that names its owner among others can be sent. */
import { asAccountName } from "../../src/model/address.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { messageTo, registerOn } from "../support/account.ts";
import type { MailProgram } from "../support/mail_program.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

const quota = { maxBytes: 400 * 1024, maxMessages: 0 };
const line = `${"x".repeat(98)}\r\n`;

/** Sends 20 KiB by SMTP to bob until the server will not take more, and returns the last answer. */
async function flood(program: MailProgram): Promise<string> {
  for (;;) {
    await program.talk([["MAIL FROM:<made-up@world.test>", "250"]]);
    const asked = (await program.ask("RCPT TO:<bob@mail.test>"))!;
    if (!asked.startsWith("250")) return asked;
    await program.talk([["DATA", "354"]]);
    await program.say(`Subject: x\r\n\r\n${line.repeat(200)}.\r\n`);
    const stored = (await program.reply())!;
    if (!stored.startsWith("250")) return stored;
  }
}

Deno.test("neither a stranger nor an account that fills a mailbox stops a group", async (t) => {
  await using stage = await ReceptionStage.start({}, { quota });
  const { server } = stage;
  const enter = async (name: string) => {
    const client = await RawClient.open(server.connect({ remoteAddress: "192.0.2.9" }));
    return [client, await registerOn(client, name)] as const;
  };
  const [, bob] = await enter("bob");
  const [mallory] = await enter("mallory");
  const [alice, own] = await enter("alice");
  const [, carol] = await enter("carol");
  const bytes = async () => (await server.store.describeAccount(asAccountName("bob")))!.bytes;

  await t.step("a stranger fills half of it", async () => {
    assert.match(await flood(await stage.connect()), /^452 4\.2\.2 Cannot send to bob/);
    assert.ok(await bytes() > quota.maxBytes * 0.4);
    assert.ok(await bytes() <= quota.maxBytes / 2);
    const again = await stage.connect({ address: "192.0.2.77" });
    await again.talk([
      ["MAIL FROM:<another@world.test> SIZE=20480", "250"],
      ["RCPT TO:<carol@mail.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "452 4.2.2"],
      ["DATA", "354"],
      ["Subject: x\r\n\r\nfor carol\r\n.", "250"],
    ]);
  });

  await t.step("an account fills a quarter of it", async () => {
    const before = await bytes();
    const sendBig = () => outcome(mallory.call("send", messageTo([bob], randomBytes(20_000))));
    let last = "ok";
    for (let n = 0; n < 30 && last === "ok"; n++) last = await sendBig();
    assert.equal(last, "over_quota");
    assert.ok(await bytes() - before <= quota.maxBytes / 4);
  });

  await t.step("others reach it, and those beside it", async () => {
    const message = messageTo([bob, carol, own], randomBytes(20_000));
    assert.equal(await outcome(alice.call("send", message)), "ok");
    assert.equal((await server.store.describeAccount(asAccountName("carol")))!.messages, 2);
  });
});

Deno.test("what is larger than a share of an empty mailbox is refused for good, not until later", async (t) => {
  const small = { maxBytes: 64 * 1024, maxMessages: 0 };
  await using stage = await ReceptionStage.start({}, { quota: small });
  const { server } = stage;
  const enter = async (name: string) => {
    const client = await RawClient.open(server.connect({ remoteAddress: "192.0.2.9" }));
    return [client, await registerOn(client, name)] as const;
  };
  const [, bob] = await enter("bob");
  const [alice, own] = await enter("alice");
  const send = (to: typeof bob, bytes: number) =>
    outcome(alice.call("send", messageTo([to], randomBytes(bytes))));

  await t.step("from an account, by size and not by what is there", async () => {
    assert.equal(await send(bob, 20_000), "too_large");
    assert.equal(await send(bob, 10_000), "ok");
    assert.equal(await send(bob, 10_000), "over_quota", "there is room once bob deletes");
    assert.equal(await send(bob, 20_000), "too_large");
  });

  await t.step("by SMTP, with its size told before or not", async () => {
    const program = await stage.connect();
    await program.talk([
      ["MAIL FROM:<made-up@world.test> SIZE=40000", "250"],
      ["RCPT TO:<bob@mail.test>", "552 5.3.4"],
      ["RSET", "250"],
      ["MAIL FROM:<made-up@world.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
    ]);
    await program.say(`Subject: x\r\n\r\n${line.repeat(400)}.\r\n`);
    assert.match((await program.reply())!, /^552 5\.3\.4/);
  });

  await t.step("into the own mailbox", async () => {
    await server.store.setQuota(asAccountName("alice"), { maxBytes: 16 * 1024 });
    assert.equal(await send(own, 20_000), "too_large");
    assert.equal(await send(bob, 20_000), "too_large");
    assert.equal(await send(own, 10_000), "over_quota");
  });
});
