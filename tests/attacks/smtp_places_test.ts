/** One network takes every place by SMTP and keeps them by silence: others come in all the same. */
import assert from "node:assert/strict";
import { type ConnectionPlace, listenForPrograms } from "../../src/gateway/listen.ts";
import { Places } from "../../src/gateway/places.ts";

interface Caller {
  readonly remoteAddress: string;
  isClosed: boolean;
  close(): void;
}

function caller(remoteAddress: string): Caller {
  return {
    remoteAddress,
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  };
}

Deno.test("addresses of one IPv6 network count as one, and no others", () => {
  const places = new Places();
  for (let n = 0; n < 10; n++) places.add(caller(`2001:db8:1:2::${n}`), n);
  places.add(caller("2001:db8:1:3::1"), 10);
  places.add(caller("192.0.2.1"), 11);
  const counts = ["2001:db8:1:2:ffff::", "2001:db8:1:3::2", "::ffff:192.0.2.1", "192.0.2.2"];
  assert.deepEqual(counts.map((address) => places.of(address)), [10, 1, 1, 0]);
});

Deno.test("a newcomer takes the place of the heaviest network's oldest that is not at work", () => {
  const places = new Places();
  const [first, second, other] = ["::1:1", "::1:2", "192.0.2.1"].map(caller);
  const takenFirst = places.add(first!, 0);
  const takenSecond = places.add(second!, 1);
  places.add(other!, 2);
  takenFirst.isAtWork = true;
  assert.ok(places.evictFor("198.51.100.1"));
  assert.deepEqual([first, second, other].map((each) => each!.isClosed), [false, true, false]);
  assert.ok(!places.evictFor("198.51.100.1"), "each network has one place");
  const third = caller("::1:3");
  places.add(third, 3).isAtWork = true;
  places.remove(takenSecond);
  assert.ok(!places.evictFor("::1:4"), "a network does not push others out for more of its own");
  assert.ok(places.evictFor("198.51.100.1"), "all of the heaviest are at work: its oldest goes");
  assert.deepEqual([first, third].map((each) => each!.isClosed), [true, false]);
});

Deno.test("where all are of one machine, its oldest that is not at work makes room", () => {
  const places = new Places();
  const [first, second, third] = ["127.0.0.1", "127.0.0.2", "127.3.4.5"].map(caller);
  places.add(first!, 0).isAtWork = true;
  places.add(second!, 1);
  const takenThird = places.add(third!, 2);
  assert.ok(places.evictFor("127.0.0.9"));
  assert.deepEqual([first, second, third].map((each) => each!.isClosed), [false, true, false]);
  takenThird.isAtWork = true;
  assert.ok(!places.evictFor("127.0.0.1"), "all are at work");
});

Deno.test("half full, who is silent before MAIL goes after a while, and who is at work stays", async () => {
  let now = 0;
  const places: ConnectionPlace[] = [];
  const ends: (() => void)[] = [];
  const listener = listenForPrograms({
    hostname: "127.0.0.1",
    port: 0,
    speak: async (connection, place) => {
      places.push(place);
      if (places.length === 1) place.engage();
      await connection.write(new Uint8Array([1]));
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      await promise;
    },
    refusal: "421\r\n",
    maxConnections: 4,
    maxConnectionsPerAddress: 4,
    idleMs: 30_000,
    clock: () => now,
    onTrouble: (error) => {
      throw error;
    },
  });
  const enter = async () => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: listener.port });
    const count = await socket.read(new Uint8Array(9)).catch(() => null);
    return { socket, count };
  };
  const [working, silent] = [await enter(), await enter()];
  now = 29_999;
  const early = await enter();
  assert.equal(early.count, 1);
  now = 30_000;
  const last = await enter();
  assert.equal(await silent.socket.read(new Uint8Array(1)).catch(() => null), null, "it went");
  const fifth = await enter(); // the silent one's
  assert.deepEqual([working.count, last.count, fifth.count], [1, 1, 1]);
  const sixth = await enter();
  assert.equal(sixth.count, 5, "all places are taken by one address");
  for (const end of ends) end();
  listener.close();
  for (const { socket } of [working, silent, early, last, fifth, sixth]) socket.close();
});
