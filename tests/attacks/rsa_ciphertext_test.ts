/** RSA ciphertexts that are wrong in different ways get one answer: nobody learns which way it was. */
import assert from "node:assert/strict";
import { concatBytes, randomBytes } from "../../src/model/bytes.ts";
import { clientConfirm } from "../../src/session/state.ts";
import { encode } from "../../src/wire/fields.ts";
import { encodeFrame } from "../../src/wire/frame.ts";
import { encryptRsa } from "../../src/crypto/session/key_agreement.ts";
import { RawClient } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const beforeRsa = 2 + 32 + 32 + 1088;

Deno.test("every wrong RSA ciphertext gets the same answer", async () => {
  await using server = await startPipeServer();
  const { spki } = server.key;
  const ciphertexts: Record<string, Uint8Array> = {
    "another secret": await encryptRsa(spki, randomBytes(32)),
    "a short secret": await encryptRsa(spki, randomBytes(31)),
    "an empty secret": await encryptRsa(spki, new Uint8Array(0)),
    "noise": randomBytes(384),
    "zeros": new Uint8Array(384),
    "over the modulus": new Uint8Array(384).fill(0xff),
    "too short": randomBytes(100),
    "empty": new Uint8Array(0),
    "too long": randomBytes(1_000),
  };
  const answers = new Set<string>();
  for (const ciphertext of Object.values(ciphertexts)) {
    const client = new RawClient(server.connect());
    const { payload, keys } = await client.answerHello();
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, ciphertext.length);
    const forged = concatBytes([payload.subarray(0, beforeRsa), length, ciphertext]);
    client.useKeys(keys);
    await client.sendBytes(encodeFrame({ kind: "exchange", payload: forged }));
    // A ciphertext of another length is refused at once: then the connection may be closed already.
    await client.send("confirm", encode(clientConfirm, keys)).catch(() => {});
    const frames = await client.readToEnd();
    answers.add(JSON.stringify(frames.map(({ kind, payload }) => [kind, payload.toHex()])));
  }
  assert.equal(answers.size, 1);
});
