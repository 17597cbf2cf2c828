/** Sending without end: by rate, and into a mailbox until it is full. */
import assert from "node:assert/strict";
import { asAccountName } from "../../src/model/address.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { rates } from "../../src/service/rate_limit.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { outcome, RawClient, Refusal } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const { burst, perSecond } = rates.sendByAccount;

Deno.test("an account that sends too much is told when to come back; others, and its own machine, are not", async () => {
  let now = 1_000_000;
  await using server = await startPipeServer({ now: () => now, clock: () => now });
  const from = (remoteAddress: string) => RawClient.open(server.connect({ remoteAddress }));
  const [flooder, elsewhere] = [await from("192.0.2.7"), await from("198.51.100.7")];
  const ada = await registerOn(flooder, "ada");
  await elsewhere.logIn(ada);
  const send = (client: RawClient) =>
    outcome(client.call("send", messageTo([ada], randomBytes(1))));
  for (let n = 0; n < burst; n++) assert.equal(await send(n % 2 ? flooder : elsewhere), "ok");
  const refused = await flooder.call("send", messageTo([ada], randomBytes(1))).catch((e) => e);
  assert.ok(refused instanceof Refusal);
  assert.equal(refused.told.code, "try_later");
  assert.equal(refused.told.retryAfterSeconds, Math.ceil(1 / perSecond));
  assert.equal(await send(elsewhere), "try_later", "from wherever");

  const neighbour = await from("192.0.2.7");
  await registerOn(neighbour, "bob");
  assert.equal(await send(neighbour), "ok");
  const local = await from("127.0.0.1");
  await local.logIn(ada);
  assert.equal(await send(local), "ok");
  now += refused.told.retryAfterSeconds! * 1000;
  assert.equal(await send(flooder), "ok");
});

Deno.test("a full mailbox takes no more, whoever sends, and says so by name", async () => {
  await using server = await startPipeServer({ quota: { maxBytes: 0, maxMessages: 4 } });
  const enter = async (name: string) => {
    const client = await RawClient.open(server.connect());
    return [client, await registerOn(client, name)] as const;
  };
  const [[first, ada], [second, bob], [third, carol], [, dave], [, erin]] = [
    await enter("ada"),
    await enter("bob"),
    await enter("carol"),
    await enter("dave"),
    await enter("erin"),
  ];
  for (const to of [bob, dave, erin]) await first.call("send", messageTo([to], randomBytes(10)));
  for (const to of [dave, erin]) await second.call("send", messageTo([to], randomBytes(10)));
  const upload = await second.upload(randomBytes(20_000), 8_000);
  await second.call("send", messageTo([carol], { upload })); // bob has four now
  const refused = await third.call("send", messageTo([bob], randomBytes(10))).catch((e) => e);
  assert.match(refused.message, /^over_quota: Cannot send to bob: /);
  const { messages, bytes } = (await server.store.describeAccount(asAccountName("ada")))!;
  assert.equal(messages, 3);
  const before = bytes;
  assert.equal(await outcome(first.call("send", messageTo([ada], randomBytes(10)))), "over_quota");
  assert.equal((await server.store.describeAccount(asAccountName("ada")))!.bytes, before);
});
