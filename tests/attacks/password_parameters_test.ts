/** Who measures answers to `passwordParameters` learns no name, and a hostile server has no client run out of memory. */
import assert from "node:assert/strict";
import { acceptable } from "../../src/crypto/account/password.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { registerOn } from "../support/account.ts";
import { RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";
import { asAccountName } from "../../src/model/address.ts";

Deno.test("a name costs the store as much whether it is somebody's or nobody's", async () => {
  const store = new MemoryStore("mail.test");
  const looks: boolean[] = [];
  store.findAccount = ((find) => async (name) => {
    const found = await find(name);
    looks.push(found !== null);
    return found;
  })(store.findAccount.bind(store));
  await using server = await startPipeServer({ store });
  const client = await RawClient.open(server.connect());
  await registerOn(client, "ada");
  const asking = await RawClient.open(server.connect());
  await asking.call("passwordParameters", { name: asAccountName("ada") });
  for (const name of ["ada", "eve", "bob", "ada", "eve"]) {
    looks.length = 0;
    await asking.call("passwordParameters", { name: asAccountName(name) });
    assert.deepEqual(looks.toSorted(), [false, true], name);
  }
  client.close();
  asking.close();
});

const salt = new Uint8Array(16);
const cases: readonly [memoryKiB: number, passes: number, isTaken: boolean][] = [
  [64 * 1024, 3, true],
  [64 * 1024 - 1, 3, false],
  [64 * 1024, 2, false],
  [256 * 1024, 8, true],
  [256 * 1024 + 1, 8, false],
  [256 * 1024, 9, false],
  [1024 * 1024, 16, false],
];

for (const [memoryKiB, passes, isTaken] of cases) {
  Deno.test(`a client ${isTaken ? "takes" : "refuses"} ${memoryKiB} KiB and ${passes} passes`, () => {
    assert.equal(acceptable({ salt, memoryKiB, passes }), isTaken);
  });
}
