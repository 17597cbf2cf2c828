/** A server that ends behind a balancer: its health, the time it goes on, and nothing that fails meanwhile. */
import assert from "node:assert/strict";
import { MailError } from "../../src/model/errors.ts";
import { randomBytes } from "../../src/model/bytes.ts";
import { heardElsewhere } from "../../src/model/promises.ts";
import { parseIpPrefix } from "../../src/net/ip_address.ts";
import { messageTo, registerOn, type TestAccount, wholeInbox } from "../support/account.ts";
import { Balancer } from "../support/balancer.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { until } from "../support/person.ts";
import { RawClient } from "../support/raw_client.ts";
import { dialTest, makeKeyFolder, startServer, type TlsServer } from "../support/server.ts";

const metrics = { host: "127.0.0.1", port: 0 };

async function health({ ready }: TlsServer): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${ready.metricsPort}/health`);
  return `${response.status} ${(await response.text()).trim()}`;
}

/** A store that goes on when a server closes it, and may refuse or keep writes. */
class ScriptedStore extends MemoryStore {
  writes: "done" | "refused" | "kept waiting" = "done";
  tries = 0;

  override close(): Promise<void> {
    return Promise.resolve();
  }

  override async noteFailedLogins(...asked: Parameters<MemoryStore["noteFailedLogins"]>) {
    this.tries++;
    if (this.writes === "refused") throw new MailError("storage_full", "Cannot store: no room");
    if (this.writes === "kept waiting") await new Promise(() => {});
    return await super.noteFailedLogins(...asked);
  }
}

Deno.test("health is that of writes, not of reads; it comes back, and leaves nothing", async () => {
  const store = new ScriptedStore("mail.test");
  await using server = await startServer({ store, metrics });
  assert.equal(await health(server), "200 ok");
  store.writes = "refused";
  assert.equal(await health(server), "503 no write is possible");
  store.writes = "done";
  assert.equal(await health(server), "200 ok");
  assert.deepEqual(await store.failedLogins(0), []);
});

Deno.test("a store that does not answer is asked once, however often health is", async () => {
  const store = new ScriptedStore("mail.test");
  await using server = await startServer({ store, metrics });
  store.writes = "kept waiting";
  const asked = await Promise.all([1, 2, 3].map(() => health(server)));
  asked.push(await health(server));
  assert.deepEqual(new Set(asked), new Set(["503 no write is possible"]));
  assert.equal(store.tries, 1);
});

Deno.test("told to end, it is not well at once, but takes connections and serves until the time is over", async () => {
  await using server = await startServer({ metrics, drainMs: 1_000 });
  const watcher = await RawClient.open(await server.dial());
  const ada = await registerOn(watcher, "ada");
  await watcher.sendRequest("waitForMail", { after: 0, unread: false });
  const stopping = server.stop();
  assert.equal(await health(server), "503 ending");
  const late = await RawClient.open(await server.dial());
  await late.logIn(ada);
  await late.call("send", messageTo([ada], randomBytes(10)));
  assert.equal((await watcher.reply("waitForMail")).entries.length, 1);
  await watcher.sendRequest("waitForMail", { after: 2, unread: false });
  assert.deepEqual((await watcher.reply("waitForMail")).entries, [], "its wait is answered");
  assert.deepEqual(await watcher.readToEnd(), []);
  assert.deepEqual(await late.readToEnd(), []);
  await stopping;
  await assert.rejects(server.dial());
});

/** Below what an account may send at once. */
const mostSent = 900;

/** Logs in, sends, lists and leaves, as a command does, again and again until it is over. Returns how often. */
async function keepSending(
  account: TestAccount,
  dial: () => ReturnType<typeof dialTest>,
  isOver: () => boolean,
): Promise<number> {
  let sent = 0;
  for (; !isOver() && sent < mostSent; sent++) {
    const client = await RawClient.open(await dial());
    await client.logIn(account);
    await client.call("send", messageTo([account], randomBytes(10)));
    await client.call("list", wholeInbox);
    client.close();
  }
  return sent;
}

Deno.test("one of two servers behind a balancer ends, and no request fails", async () => {
  const keys = await makeKeyFolder();
  const store = new ScriptedStore("mail.test");
  const options = {
    keys,
    store,
    metrics,
    drainMs: 1_500,
    forwarders: [parseIpPrefix("127.0.0.1")!],
    registration: "open",
  } as const;
  const first = await startServer(options);
  const second = await startServer(options);
  const backends = [first, second].map(({ port, ready }) => ({
    port,
    metricsPort: ready.metricsPort!,
  }));
  await using balancer = new Balancer();
  balancer.use(backends);
  const dial = () => dialTest(keys, balancer.port);
  const names = ["ada", "bob", "eve"];
  const accounts = await Promise.all(
    names.map(async (name) => await registerOn(await RawClient.open(await dial()), name)),
  );
  let isOver = false;
  const working = heardElsewhere(
    Promise.all(accounts.map((one) => keepSending(one, dial, () => isOver))),
  );
  await until(() => [...balancer.taken.values()].every((count) => count > 10), "work on both");
  const stopped = first.stop();
  await until(() => balancer.well.length === 1, "the balancer to move on");
  const takenByFirst = balancer.taken.get(first.port);
  await stopped;
  isOver = true;
  const sent = await working;
  assert.equal(balancer.refused, 0);
  assert.equal(balancer.taken.get(first.port), takenByFirst, "nobody is sent there any more");
  assert.equal(first.lines.at(-1)!["cut"], undefined);
  for (const [at, { name }] of accounts.entries()) {
    const { messages } = (await store.describeAccount(name))!;
    assert.equal(messages, 2 * sent[at]!); // the own copy, and what arrived
  }
  await second.stop();
  await Deno.remove(keys, { recursive: true });
});
