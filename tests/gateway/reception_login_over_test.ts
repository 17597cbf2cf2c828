/** Programs whose login is over: told at once, but for a message that is on its way in. */
import assert from "node:assert/strict";
import { deadline } from "../support/person.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

const soonMs = 10_000;

async function onStage(
  act: (stage: ReceptionStage, bob: Awaited<ReturnType<ReceptionStage["join"]>>) => Promise<void>,
): Promise<void> {
  await using stage = await ReceptionStage.start();
  await act(stage, await stage.join("bob"));
}

/** What ends the login of bob's program. */
const endings: Record<string, Parameters<typeof onStage>[0]> = {
  "its password is revoked": async ({ server }, { account }) => {
    assert.equal(await server.context.appPasswords.revoke(account, "program"), true);
  },
  "the account is disabled": ({ server }, { account }) =>
    server.context.administration.disable(account.name),
  "the account is deleted": async ({ server }, { account }) => {
    await server.context.administration.remove([account.name]);
  },
};

for (const [what, end] of Object.entries(endings)) {
  Deno.test(`an idle program is told and closed when ${what}`, () =>
    onStage(async (stage, bob) => {
      const login = await stage.appPassword(bob);
      const [program, stranger] = [await stage.connect(), await stage.connect()];
      await program.talk([[`AUTH PLAIN ${login}`, "235"]]);
      await end(stage, bob);
      const told = await deadline(program.reply(), soonMs, "it goes on");
      assert.equal(told, "421 4.7.0 The login is over");
      assert.equal(await program.reply(), null);
      await stranger.talk([["NOOP", "250"]]);
    }));
}

Deno.test("a message that is on its way in when the login ends is taken, and no other", () =>
  onStage(async (stage, bob) => {
    const login = await stage.appPassword(bob);
    const program = await stage.connect();
    await program.talk([
      [`AUTH PLAIN ${login}`, "235"],
      ["MAIL FROM:<bob@mail.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
    ]);
    await program.say("From: bob@mail.test\r\nSubject: last\r\n\r\n");
    await stage.server.context.appPasswords.revoke(bob.account, "program");
    await program.talk([["x\r\n.", "250"]]);
    assert.equal(await program.reply(), "421 4.7.0 The login is over");
    assert.deepEqual((await stage.inbox(bob)).map(({ envelope }) => envelope.subject), ["last"]);
  }));

Deno.test("another password that is revoked, and another account's end, leave a program alone", () =>
  onStage(async (stage, bob) => {
    const carol = await stage.join("carol");
    const login = await stage.appPassword(bob);
    const program = await stage.connect();
    await program.talk([[`AUTH PLAIN ${login}`, "235"]]);
    const { appPasswords, administration } = stage.server.context;
    assert.equal(await appPasswords.revoke(bob.account, "another"), false);
    await administration.disable(carol.account.name);
    await appPasswords.checkAgain(null);
    await program.talk([["MAIL FROM:<bob@mail.test>", "250"]]);
  }));
