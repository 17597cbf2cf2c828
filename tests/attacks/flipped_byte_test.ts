/** One byte changed on the way, in each place of what a client says: no request after it is carried out. */
import assert from "node:assert/strict";
import { encode } from "../../src/wire/fields.ts";
import { encodeFrame } from "../../src/wire/frame.ts";
import { clientConfirm } from "../../src/session/state.ts";
import { RawClient, requestPayload } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

/** Where the fields of the exchange begin: header 5, version 2, random 32, X25519 32, ML-KEM 1088, RSA 4 + 384. */
const places: Record<string, number> = {
  "the exchange's length, high byte": 0,
  "the exchange's kind": 4,
  "the version": 6,
  "the random": 10,
  "the X25519 key": 45,
  "the ML-KEM ciphertext": 600,
  "the RSA ciphertext's length": 1160,
  "the RSA ciphertext": 1300,
  "the RSA ciphertext's last byte": 1546,
};

for (const [place, at] of Object.entries(places)) {
  Deno.test(`a flipped byte in ${place}`, async () => {
    await using server = await startPipeServer();
    const client = new RawClient(server.connect());
    const { payload, keys } = await client.answerHello();
    const exchange = encodeFrame({ kind: "exchange", payload });
    exchange[at]! ^= 0x01;
    client.useKeys(keys);
    const confirm = await client.seal("confirm", encode(clientConfirm, keys));
    const request = await client.seal("request", requestPayload("ping", {}));
    await client.sendBytes(exchange);
    await client.sendBytes(confirm).catch(() => {});
    await client.sendBytes(request).catch(() => {});
    assert.deepEqual(await client.readToEnd(), []);
  });
}

for (const frame of ["confirm", "request"] as const) {
  for (const [place, at] of [["length", 3], ["kind", 4], ["content", 6], ["tag", -1]] as const) {
    Deno.test(`a flipped byte in the ${place} of a sealed ${frame}`, async () => {
      await using server = await startPipeServer();
      const client = new RawClient(server.connect());
      const { payload, keys } = await client.answerHello();
      await client.sendBytes(encodeFrame({ kind: "exchange", payload }));
      client.useKeys(keys);
      const frames = {
        confirm: await client.seal("confirm", encode(clientConfirm, keys)),
        request: await client.seal("request", requestPayload("ping", {})),
      };
      const target = frames[frame];
      target[at < 0 ? target.length + at : at]! ^= 0x01;
      const more = await client.seal("request", requestPayload("ping", {}));
      for (const bytes of [frames.confirm, frames.request, more]) {
        await client.sendBytes(bytes).catch(() => {});
      }
      const kinds = (await client.readToEnd()).map(({ kind }) => kind);
      assert.deepEqual(kinds, frame === "confirm" ? [] : ["confirm", "error"]);
    });
  }
}
