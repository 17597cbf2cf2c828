/** Guessing at passwords by SMTP, and going on after an account was shut. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { asLoginKey, asTranscript } from "../../src/model/digests.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { plainLogin, ReceptionStage } from "../support/reception_stage.ts";

const wrong = plainLogin("alice", "0".repeat(26));

Deno.test("a connection has three tries at a password", async () => {
  await using stage = await ReceptionStage.start();
  await stage.join("alice");
  const program = await stage.connect();
  await program.talk([
    [`AUTH PLAIN ${wrong}`, "535 5.7.8"],
    [`AUTH PLAIN ${plainLogin("nobody", "x")}`, "535 5.7.8"],
    [`AUTH PLAIN ${wrong}`, "421 4.7.0 Too many wrong passwords"],
  ]);
  assert.equal(await program.rest(), "");
});

Deno.test("guesses are limited by account and address, and with those of logins", async () => {
  await using stage = await ReceptionStage.start({}, { now: () => 1_000_000 });
  const alice = await stage.join("alice");
  const login = await stage.appPassword(alice);
  const guess = async (line: string, address: string) => {
    const program = await stage.connect({ address });
    const reply = await program.ask(`AUTH PLAIN ${line}`);
    program.close();
    return reply!.slice(0, 9);
  };
  const { burst } = rates.loginByAccountAndAddress;
  for (let tries = 0; tries < burst; tries++) {
    const another = plainLogin("alice", `${tries}`.padStart(26, "0")); // the same again counts once
    assert.equal(await guess(another, "192.0.2.7"), "535 5.7.8");
  }
  assert.equal(await guess(plainLogin("alice", "f".repeat(26)), "192.0.2.7"), "451 4.7.0");
  assert.equal(await guess(login, "192.0.2.7"), "235 2.7.0", "no guess finds it");
  const { accounts } = stage.server.context;
  const claim = {
    name: asAccountName("alice"),
    key: asLoginKey(randomBytes(32)),
    signature: randomBytes(64),
  };
  const origin = { address: "192.0.2.7", transcript: () => asTranscript(randomBytes(32)) };
  const guessed = accounts.login(claim, origin);
  await assert.rejects(guessed, { code: "try_later" });
  assert.equal(await guess(login, "192.0.2.8"), "235 2.7.0");
});

Deno.test("a password of another scope, and the account's own, are wrong", async () => {
  await using stage = await ReceptionStage.start();
  await stage.join("alice");
  const program = await stage.connect();
  await program.talk([[`AUTH PLAIN ${plainLogin("alice", "correct horse battery")}`, "535"]]);
  await program.talk([[`AUTH PLAIN ${plainLogin("alice@else.test", "x")}`, "535"]]);
});

Deno.test("an account that is disabled while it is logged in hands over nothing more", async () => {
  await using stage = await ReceptionStage.start();
  const [alice, bob] = [await stage.join("alice"), await stage.join("bob")];
  const login = await stage.appPassword(alice);
  const program = await stage.connect();
  await program.talk([
    [`AUTH PLAIN ${login}`, "235"],
    ["MAIL FROM:<alice>", "250"],
    ["RCPT TO:<bob>", "250"],
    ["DATA", "354"],
  ]);
  const { administration } = stage.server.context;
  await program.say("Subject: x\r\n"); // nothing of it is taken before its end
  await administration.disable(asAccountName("alice"));
  assert.match((await program.ask("\r\nx\r\n."))!, /^250 |^550 5\.7\.1 /);
  const taken = (await stage.inbox(bob)).length;
  assert.match((await program.ask("MAIL FROM:<alice>"))!, /^421 4\.7\.0 |^550 5\.7\.1 /);
  const again = await stage.connect();
  await again.talk([[`AUTH PLAIN ${login}`, "535"]]);
  assert.equal((await stage.inbox(bob)).length, taken);
});
