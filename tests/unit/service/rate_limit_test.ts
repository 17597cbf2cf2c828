import { accountId } from "../../../src/model/ids.ts";
import assert from "node:assert/strict";
import { isFailure } from "../../../src/model/errors.ts";
import { addressGroup, isLocal } from "../../../src/service/client_address.ts";
import { type Bucket, msOfTry, RateLimiter, rates } from "../../../src/service/rate_limit.ts";
import { ConnectionTable } from "../../../src/server/connection_table.ts";
import { longestFullMs } from "../../../src/store/failed_login_store.ts";

const bucket = (key: string): Bucket => ({ rate: "loginByAccountAndAddress", key });
const { burst, perSecond } = rates.loginByAccountAndAddress;

function waitOf(take: () => void): number | null {
  try {
    take();
    return null;
  } catch (error) {
    assert.ok(isFailure(error, "try_later"));
    return error.retryAfterSeconds!;
  }
}

Deno.test("a bucket empties, tells how long to wait, and refills", () => {
  let now = 0;
  const limiter = new RateLimiter(() => now);
  for (let i = 0; i < burst; i++) assert.equal(waitOf(() => limiter.take([bucket("a")])), null);
  assert.equal(waitOf(() => limiter.take([bucket("a")])), 1 / perSecond);
  assert.equal(waitOf(() => limiter.take([bucket("b")])), null);
  now += 1000 / perSecond;
  assert.equal(waitOf(() => limiter.take([bucket("a")])), null);
  assert.notEqual(waitOf(() => limiter.take([bucket("a")])), null);
  now -= 1_000_000; // the clock is set back
  assert.notEqual(waitOf(() => limiter.take([bucket("a")])), null);
});

Deno.test("several buckets give one try together, or none", () => {
  const limiter = new RateLimiter(() => 0);
  const both = [bucket("a"), bucket("b")];
  for (let i = 0; i < burst; i++) limiter.take([bucket("a")]);
  assert.notEqual(waitOf(() => limiter.take(both)), null);
  for (let i = 0; i < burst; i++) assert.equal(waitOf(() => limiter.take([bucket("b")])), null);
  limiter.giveBack(both);
  assert.equal(waitOf(() => limiter.take(both)), null);
});

Deno.test("a bucket goes on from an earlier run, empty at most; unknown rates are passed over", () => {
  const limiter = new RateLimiter(() => 7);
  limiter.restore(bucket("a"), (burst - 1) * 1000 / perSecond);
  assert.equal(waitOf(() => limiter.take([bucket("a")])), null);
  assert.equal(waitOf(() => limiter.take([bucket("a")])), 1 / perSecond);
  limiter.restore(bucket("b"), Infinity);
  assert.equal(waitOf(() => limiter.take([bucket("b")])), 1 / perSecond);
  limiter.restore({ rate: "constructor", key: "a" }, 1000);
  assert.equal(limiter.size, 2);
});

Deno.test("no bucket of failed logins takes longer to be full than stores keep them", () => {
  for (const rate of ["loginByAccountAndAddress", "loginByAddress", "loginByAccount"] as const) {
    assert.ok(rates[rate].burst * msOfTry({ rate, key: "" }) <= longestFullMs, rate);
  }
});

Deno.test("memory is bounded", () => {
  const limiter = new RateLimiter(() => 0, 100);
  for (let i = 0; i < 1_000; i++) limiter.take([bucket(`${i}`)]);
  assert.equal(limiter.size, 100);
});

Deno.test("addresses are counted by IPv4 address and by IPv6 network", () => {
  const groups: [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0db8:0:0:ffff::", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["127.0.0.1", "127.0.0.1"],
    ["127.9.9.9", "127.0.0.1"],
    ["::ffff:127.9.9.9", "127.0.0.1"],
    ["127.example.org", "127.example.org"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4::/64"],
  ];
  for (const [address, group] of groups) assert.equal(addressGroup(address), group, address);
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "pipe"]) {
    assert.ok(isLocal(address), address);
  }
  for (const address of ["192.0.2.1", "2001:db8::1", "::ffff:10.0.0.1", "::2"]) {
    assert.ok(!isLocal(address), address);
  }
});

/** A table whose connections note that they were closed. */
function table(
  maxConnections: number,
  maxConnectionsPerAddress = 100,
  maxConnectionsPerAccount = 3,
) {
  const closed: string[] = [];
  const bounds = { maxConnections, maxConnectionsPerAddress, maxConnectionsPerAccount };
  const seats = new ConnectionTable(bounds);
  const admit = (name: string, address: string) => seats.admit(address, 0, () => closed.push(name));
  return { seats, closed, admit };
}

Deno.test("a full table makes room out of the heaviest group, oldest first", () => {
  const { seats, closed, admit } = table(4);
  admit("quiet", "192.0.2.1");
  for (const name of ["flood 1", "flood 2", "flood 3"]) admit(name, "198.51.100.1");
  assert.ok(admit("late", "192.0.2.2") !== null);
  assert.deepEqual(closed, ["flood 1"]);
  assert.equal(seats.size, 4);
});

Deno.test("who has logged in keeps the place", () => {
  const { seats, closed, admit } = table(2);
  for (const [account, name] of ["ada", "bob"].entries()) {
    seats.logIn(admit(name, "192.0.2.1")!, accountId(account));
  }
  assert.equal(admit("late", "192.0.2.2"), null);
  assert.deepEqual(closed, []);
});

Deno.test("an account that fills the table makes room for others, its oldest connection first", () => {
  const { seats, closed, admit } = table(3);
  seats.logIn(admit("bob", "192.0.2.1")!, accountId(2));
  for (const name of ["ada 1", "ada 2"]) seats.logIn(admit(name, "192.0.2.1")!, accountId(1));
  assert.ok(admit("late", "192.0.2.2") !== null);
  assert.deepEqual(closed, ["ada 1"]);
});

Deno.test("one account has its own bound, from wherever it comes", () => {
  const { seats, closed, admit } = table(100, 100, 2);
  for (const name of ["1", "2", "3"]) seats.logIn(admit(name, `192.0.2.${name}`)!, accountId(7));
  assert.deepEqual(closed, ["1"]);
  assert.equal(seats.size, 2);
});

Deno.test("callers that are refused do not make the limiter forget", () => {
  const limiter = new RateLimiter(() => 0, 10);
  const victim = { rate: "loginByAccount", key: "ada" } as const;
  const guesser = { rate: "loginByAddress", key: "192.0.2.1" } as const;
  for (let i = 0; i < 20; i++) limiter.take([guesser, victim]);
  for (let i = 0; i < 100; i++) {
    const madeUp = { rate: "loginByAccount", key: `name ${i}` } as const;
    assert.throws(() => limiter.take([guesser, madeUp]), { code: "try_later" });
  }
  for (let i = 20; i < 50; i++) limiter.take([victim]);
  assert.throws(() => limiter.take([victim]), { code: "try_later" });
});

Deno.test("one address has its own bound, but not this machine", () => {
  const { seats, closed, admit } = table(100, 2);
  for (const name of ["1", "2", "3"]) assert.ok(admit(name, "192.0.2.1") !== null);
  assert.deepEqual(closed, ["1"]);
  for (let i = 0; i < 10; i++) admit("local", "127.0.0.1");
  assert.equal(seats.size, 12);
});

Deno.test("a sweep closes what is over its deadline, and leaving frees the place", () => {
  const { seats, closed, admit } = table(2);
  const [late, calm] = [admit("late", "192.0.2.1")!, admit("calm", "192.0.2.1")!];
  [late.deadline, calm.deadline] = [10, 11];
  assert.deepEqual(seats.sweep(10), [late]);
  assert.deepEqual(closed, ["late"]);
  seats.leave(late);
  seats.leave(calm);
  seats.leave(calm);
  assert.equal(seats.size, 0);
});
