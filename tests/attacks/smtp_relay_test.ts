/** Having a server pass mail on to somewhere else, or find out who has an account. */
import assert from "node:assert/strict";
import { rates } from "../../src/service/rate_limit.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

const unsigned = [
  "victim@elsewhere.test",
  "victim@mail.test.elsewhere.test",
  "victim@sub.mail.test",
  "@mail.test:victim@elsewhere.test",
  "@mail.test,@a.test:victim@elsewhere.test",
  "victim%elsewhere.test@mail.test",
  "victim%elsewhere.test",
  "elsewhere.test!victim@mail.test",
  "elsewhere.test!victim",
  "victim@[127.0.0.1]",
  "victim@[IPv6:::1]",
  "victim%elsewhere.test+bob@mail.test",
  '"bob "@mail.test',
  "nobody@mail.test",
  "postmaster@mail.test",
  "<>@mail.test",
];
const malformed = [
  "victim@elsewhere.test@mail.test",
  '"victim@elsewhere.test"@mail.test',
  "bob@mail.test> <victim@elsewhere.test",
  "bob @mail.test",
  "bob@mail.test\0",
  "",
];

Deno.test("nothing is taken for anywhere else, with a login or without", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  const login = await stage.appPassword(bob);
  for (const isLoggedIn of [false, true]) {
    for (const address of [...unsigned, ...malformed]) {
      const program = await stage.connect({ address: "127.0.0.1" });
      if (isLoggedIn) await program.talk([[`AUTH PLAIN ${login}`, "235"]]);
      await program.talk([[`MAIL FROM:<${isLoggedIn ? "bob" : "c@world.test"}>`, "250"]]);
      const reply = (await program.ask(`RCPT TO:<${address}>`))!;
      const wanted = unsigned.includes(address)
        ? /^550 5\.1\.1 |^501 /
        : /^501 5\.1\.3 |^555 5\.5\.4 /;
      assert.match(reply, wanted, address);
      await program.talk([["DATA", "503"]]);
      program.close();
    }
  }
  assert.deepEqual(await stage.inbox(bob), []);
});

Deno.test("VRFY and EXPN tell nothing", async () => {
  await using stage = await ReceptionStage.start();
  await stage.join("bob");
  const program = await stage.connect();
  const there = await program.ask("VRFY bob@mail.test");
  assert.match(there!, /^252 /);
  assert.equal(await program.ask("VRFY nobody@mail.test"), there);
  assert.match((await program.ask("EXPN bob"))!, /^50[02] /);
});

Deno.test("names are guessed at slowly, and mail for those that exist goes on", async () => {
  await using stage = await ReceptionStage.start({}, { now: () => 1_000_000 });
  const bob = await stage.join("bob");
  const most = rates.unknownRecipientByAddress.burst;
  const answers = { unknown: 0, later: 0 };
  for (let tries = 0; tries < most + 10;) {
    const program = await stage.connect();
    await program.talk([["MAIL FROM:<c@world.test>", "250"]]);
    for (let n = 0; n < 12 && tries < most + 10; n++, tries++) {
      const reply = (await program.ask(`RCPT TO:<guess${tries}@mail.test>`))!;
      assert.match(reply, /^550 5\.1\.1 |^451 4\.7\.0 /);
      if (reply.startsWith("550")) answers.unknown++;
      else answers.later++;
    }
    program.close();
  }
  assert.deepEqual(answers, { unknown: most, later: 10 });
  const elsewhere = await stage.connect({ address: "198.51.100.1" });
  await elsewhere.talk([
    ["MAIL FROM:<c@world.test>", "250"],
    ["RCPT TO:<bob@mail.test>", "250"],
    ["DATA", "354"],
    ["x\r\n.", "250"],
  ]);
  assert.equal((await stage.inbox(bob)).length, 1);
});
