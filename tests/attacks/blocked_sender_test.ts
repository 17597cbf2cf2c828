/** Writing to somebody who has blocked the sender: by mail, by SMTP, and by a message that waited. */
import { asAccountName } from "../../src/model/address.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { messageTo, registerOn, wholeInbox } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

const message = "Subject: x\r\n\r\nx\r\n";

Deno.test("nothing of a blocked account arrives, by mail or SMTP, and it is told that it does", async () => {
  await using stage = await ReceptionStage.start({}, { quota: { maxBytes: 0, maxMessages: 4 } });
  const { store } = stage.server;
  const mallory = await stage.join("mallory");
  const [bob, carol] = [await stage.join("bob"), await stage.join("carol")];
  await store.block(bob.account.id, ["mallory", "offers@shop.test"], 1);
  const login = await stage.appPassword(mallory);
  const program = await stage.connect();
  const stored = "250 2.6.0 Encrypted and stored for 2 of mail.test";
  await program.talk([
    [`AUTH PLAIN ${login}`, "235"],
    ["MAIL FROM:<mallory@mail.test>", "250"],
    ["RCPT TO:<bob@mail.test>", "250"],
    ["RCPT TO:<carol@mail.test>", "250"],
    ["DATA", "354"],
    [`From: mallory@mail.test\r\n${message}.`, stored],
  ]);
  const stranger = await stage.connect({ address: "192.0.2.2" });
  const froms = [
    ["Offers@SHOP.test", "x@world.test"],
    ["bounces@world.test", "Offers <offers@shop.test>"],
    ["", "offers@shop.test"],
  ];
  for (const [envelope, from] of froms) {
    await stranger.talk([
      [`MAIL FROM:<${envelope}>`, "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
      [`From: ${from}\r\n${message}.`, "250 2.6.0 Encrypted and stored for 1 of mail.test"],
    ]);
  }
  assert.equal((await stage.inbox(bob)).length, 0);
  assert.equal((await stage.inbox(carol)).length, 1);
  await stranger.talk([
    ["MAIL FROM:<x@world.test>", "250"],
    ["RCPT TO:<bob@mail.test>", "250"],
    ["DATA", "354"],
    [`From: x@world.test\r\n${message}.`, "250"],
  ]);
  assert.equal((await stage.inbox(bob)).length, 1, "of another");
});

Deno.test("whoever is blocked learns nothing of it, and a group is not stopped", async () => {
  await using stage = await ReceptionStage.start({}, { quota: { maxBytes: 0, maxMessages: 12 } });
  const join = async (name: string) => {
    const client = await RawClient.open(stage.server.connect({ remoteAddress: "192.0.2.9" }));
    return [client, await registerOn(client, name)] as const;
  };
  const [[mallory], [bob, asBob], [, asCarol]] = [
    await join("mallory"),
    await join("bob"),
    await join("carol"),
  ];
  const send = () => mallory.call("send", messageTo([asBob, asCarol], randomBytes(10)));
  const before = await send();
  assert.deepEqual(await bob.call("block", { addresses: ["Mallory@mail.test"] }), {
    addresses: ["mallory@mail.test"],
  });
  const after = await send();
  assert.deepEqual({ ...after, id: before.id }, before);
  const sent = await mallory.call("look", { ids: [before.id, after.id] });
  const [seen, unseen] = sent.entries.map(({ deliveries, heldUntil, cancelledAt }) => {
    return { deliveries, heldUntil, cancelledAt };
  });
  assert.deepEqual(unseen, seen);
  assert.equal((await bob.call("list", wholeInbox)).total, 1);
  assert.equal((await bob.call("blocked", {})).blocked[0]!.address, "mallory@mail.test");
});

Deno.test("a block list is no oracle beyond a look-up, holds no made-up names, and is bounded", async () => {
  await using stage = await ReceptionStage.start();
  const join = async (name: string, remoteAddress = "192.0.2.9") => {
    const client = await RawClient.open(stage.server.connect({ remoteAddress }));
    return [client, await registerOn(client, name)] as const;
  };
  const [bob, asBob] = await join("bob");
  await join("alice");
  const block = (...addresses: string[]) => outcome(bob.call("block", { addresses }));
  assert.equal(await block("alice", "nobody"), "no_such_recipient");
  assert.equal(await block("nobody@mail.test"), "no_such_recipient");
  assert.equal(await block("bob"), "malformed");
  assert.equal(await block("BOB@mail.test"), "malformed");
  assert.equal(await block("a b@world.test"), "malformed");
  assert.deepEqual((await bob.call("blocked", {})).blocked, []);
  const { store } = stage.server;
  for (const [name, account] of [["sales", "alice"], ["me", "bob"], ["*", "alice"]] as const) {
    await store.addAlias({
      name: asAccountName(name),
      skeleton: name,
      account: asAccountName(account),
    });
  }
  assert.equal(await block("me"), "malformed", "an alias of one's own");
  assert.equal(await block("nobody"), "no_such_recipient", "the catch-all is no account's name");
  const { addresses } = await bob.call("block", { addresses: ["Sales+x@mail.test", "alice"] });
  assert.deepEqual(addresses, ["alice@mail.test"], "the account of an alias, without tag");
  let last = "ok";
  for (let n = 0; n < 300 && last === "ok"; n++) last = await block("alice");
  assert.equal(last, "try_later");
  assert.equal(await outcome(bob.call("unblock", { addresses: ["alice"] })), "try_later");
  const local = await RawClient.open(stage.server.connect({ remoteAddress: "127.0.0.1" }));
  await local.logIn(asBob);
  assert.equal(await outcome(local.call("unblock", { addresses: ["alice"] })), "ok");
});
