/** Frames of impossible lengths, before and inside a session: refused before anything is allocated. */
import assert from "node:assert/strict";
import { outcome, RawClient } from "../support/raw_client.ts";
import { type PipeServer, startPipeServer } from "../support/server.ts";

const lengths = [0, 1, 8 * 1024 + 1, 2 ** 31 - 1, 2 ** 32 - 1];

function frameOf(length: number): Uint8Array {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = 2;
  return bytes;
}

async function works(server: PipeServer): Promise<void> {
  const client = await RawClient.open(server.connect());
  assert.equal(await outcome(client.call("ping", {})), "ok");
  client.close();
}

for (const length of lengths) {
  Deno.test(`a frame of ${length} bytes in the place of the exchange`, async () => {
    await using server = await startPipeServer();
    const client = new RawClient(server.connect());
    await client.nextRaw();
    await client.sendBytes(frameOf(length));
    assert.deepEqual(await client.readToEnd(), []);
    await works(server);
  });

  Deno.test(`a frame of ${length} bytes inside the session`, async () => {
    await using server = await startPipeServer();
    const client = await RawClient.open(server.connect());
    await client.sendBytes(frameOf(length));
    assert.equal(await outcome(client.reply("ping")), "protocol");
    assert.deepEqual(await client.readToEnd(), []);
    await works(server);
  });
}
