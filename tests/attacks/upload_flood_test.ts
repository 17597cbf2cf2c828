/** Filling the disk with uploads that are never sent, on as many sessions as an account may have. */
import { asAccountName } from "../../src/model/address.ts";
import { uploadId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { randomBytes } from "../../src/model/bytes.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { until } from "../support/person.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const chunk = randomBytes(64 * 1024);
const mebi = 1024 * 1024;

/** Uploads pieces until the server says no; ends it there. */
async function uploadAll(client: RawClient, bytes: number): Promise<string> {
  await client.sendRequest("upload", {});
  for (let sent = 0; sent < bytes; sent += chunk.length) await client.send("data", chunk);
  await client.endStream(true);
  return await outcome(client.reply("upload"));
}

Deno.test("uploads that wait are bounded by account, and count no more when they are sent or dropped", async () => {
  // The bound is 4 MiB and 6 KiB: what four of the largest bodies have.
  const quota = { maxBytes: 1, maxMessages: 0 };
  await using server = await startPipeServer({ quota, maxMessageBytes: 1024 });
  const open = () => RawClient.open(server.connect());
  const [first, second, other] = [await open(), await open(), await open()];
  const ada = await registerOn(first, "ada");
  await second.logIn(ada);
  await registerOn(other, "bob");
  await server.store.setQuota(asAccountName("ada"), { maxBytes: 0 });

  for (let n = 0; n < 3; n++) assert.equal(await uploadAll(first, mebi), "ok");
  assert.equal(await uploadAll(second, mebi), "ok");
  assert.equal(await uploadAll(second, mebi), "try_later");
  assert.equal(
    await uploadAll(second, mebi),
    "try_later",
    "what was refused is not counted, nor kept",
  );
  assert.equal(await uploadAll(other, mebi), "ok", "another account");

  await first.call("send", messageTo([ada], { upload: uploadId(1) }));
  const third = await open();
  await third.logIn(ada);
  assert.equal(await uploadAll(third, mebi), "ok");
  assert.equal(await uploadAll(third, mebi), "try_later");
  for (const client of [first, second, other]) client.close();
  await until(() => server.context.table.size === 1, "the end of the sessions");
  for (let n = 0; n < 3; n++) assert.equal(await uploadAll(third, mebi), "ok");
  third.close();
  await until(() => server.context.table.size === 0, "the end of the session");
  assert.equal(server.context.uploadBudget.size, 0);
});
