/** Getting an account where one should not: without an invite, with a used or late one, with somebody else's. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { makeAccount, registerOn } from "../support/account.ts";
import { outcome, RawClient, Refusal } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const query = { uses: 1, expiresInMs: 60_000, maxBytes: null, provisioning: false };

function open(server: PipeServer, remoteAddress = "192.0.2.7"): Promise<RawClient> {
  return RawClient.open(server.connect({ remoteAddress }));
}

async function told(call: Promise<unknown>): Promise<string> {
  const error = await call.then(() => null, (error) => error);
  assert.ok(error instanceof Refusal);
  return `${error.told.code} ${error.told.message} ${error.told.hint}`;
}

for (const registration of ["invite", "closed"] as const) {
  Deno.test(`registration ${registration}: refused, and it does not tell whether a name is free`, async () => {
    await using server = await startPipeServer({ registration });
    const { token } = await server.context.invites.create({ ...query, provisioning: true });
    const insider = await open(server);
    await insider.call("useInvite", { token });
    await registerOn(insider, "ada");
    const client = await open(server);
    const taken = await told(client.call("register", (await makeAccount("ada")).registration));
    const free = await told(client.call("register", (await makeAccount("eve")).registration));
    const { registration: forged } = await makeAccount("eve", "wrong.domain");
    const costly = await told(client.call("register", forged));
    assert.match(taken, /^denied /);
    assert.deepEqual([free, costly], [taken, taken], "nothing was looked at");
    assert.equal(await server.store.findAccount(asAccountName("eve")), null);
  });
}

Deno.test("an invite lets in as many as it is for, only in time, and only in its own session", async () => {
  let now = 1_000_000;
  await using server = await startPipeServer({
    registration: "invite",
    now: () => now,
    clock: () => now,
  });
  const { token } = await server.context.invites.create({ ...query, uses: 2, maxBytes: 5 });
  const first = await open(server);
  await first.call("useInvite", { token });
  const bystander = await open(server);
  const { registration } = await makeAccount("eve");
  assert.equal(await outcome(bystander.call("register", registration)), "denied");
  await registerOn(first, "ada");
  assert.equal((await server.store.describeAccount(asAccountName("ada")))!.maxBytes, 5);
  const again = (await makeAccount("ada2")).registration;
  assert.equal(await outcome(first.call("register", again)), "denied", "one session, one account");

  const [second, third] = [await open(server), await open(server)];
  await second.call("useInvite", { token });
  await third.call("useInvite", { token }); // good when asked, gone when used
  await registerOn(second, "bob");
  assert.equal(await outcome(third.call("register", registration)), "denied");

  const late = (await server.context.invites.create(query)).token;
  const fourth = await open(server);
  await fourth.call("useInvite", { token: late });
  now += query.expiresInMs;
  assert.equal(await outcome(fourth.call("register", registration)), "denied");
  const answers = new Set<string>();
  for (const bad of [late, token, randomBytes(16)]) {
    answers.add(await told(fourth.call("useInvite", { token: bad })));
  }
  assert.equal(answers.size, 1, "used, late and made up are one answer");
  assert.equal(await server.store.findAccount(asAccountName("eve")), null);
});

Deno.test("a server that was closed since takes no invite but its administrator's", async () => {
  await using before = await startPipeServer({ registration: "invite" });
  const { token } = await before.context.invites.create(query);
  await using server = await startPipeServer({ registration: "closed", store: before.store });
  const client = await open(server);
  assert.equal(await outcome(client.call("useInvite", { token })), "denied");
  await assert.rejects(server.context.invites.create(query), { code: "configuration" });
});

Deno.test("where all may register, their number is limited by address; invites are a limit of their own", async () => {
  await using server = await startPipeServer({ clock: () => 0 });
  const { burst } = rates.registrationByAddress;
  for (let n = 0; n < burst; n++) await registerOn(await open(server), `user${n}`);
  const { registration } = await makeAccount("late");
  const client = await open(server);
  assert.match(
    await told(client.call("register", registration)),
    /^try_later .*Try again in \d+ s/,
  );
  const { token } = await server.context.invites.create(query);
  await client.call("useInvite", { token });
  assert.equal(await outcome(client.call("register", registration)), "ok");
});
