/** A recorded key exchange, played again by our server and computed by node:crypto from WIRE.md 3.3 and 4 alone. */
import assert from "node:assert/strict";
import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { FrameOpener } from "../../../../src/crypto/session/frame_cipher.ts";
import { readHello } from "../../../../src/crypto/session/handshake.ts";
import { agreeX25519, decapsulate } from "../../../../src/crypto/session/key_agreement.ts";
import { type Bytes, concatBytes, utf8 } from "../../../../src/model/bytes.ts";
import { FrameDecoder } from "../../../../src/wire/frame.ts";
import {
  firstFrames,
  replayServer,
  type SessionScenario,
} from "../../../vectors/session_scenario.ts";
import { readVector } from "../../../vectors/vector.ts";

interface SessionVector extends SessionScenario {
  readonly transcript: Bytes;
  readonly frames: Readonly<Record<"toServer" | "toClient", Bytes[]>>;
}

const recorded = await readVector<SessionVector>("session");

Deno.test("our server, given the recorded secrets, says and derives what was recorded", async () => {
  const server = await replayServer(recorded);
  assert.deepEqual(server.hello, recorded.hello);
  const keys = await server.finish(recorded.exchange, recorded.rsaSecret);
  assert.deepEqual(keys.transcript, recorded.transcript);
  assert.deepEqual(await firstFrames(keys), recorded.frames);
});

Deno.test("the recorded frames open in their order", async () => {
  const keys = await (await replayServer(recorded)).finish(recorded.exchange, recorded.rsaSecret);
  for (const direction of ["toServer", "toClient"] as const) {
    const opener = new FrameOpener(keys[direction], direction);
    const decoder = new FrameDecoder(100);
    decoder.push(concatBytes(recorded.frames[direction]));
    const opened = [
      await opener.open(decoder.next()!),
      await opener.open(decoder.next()!),
    ];
    assert.deepEqual(opened[0], { kind: "confirm", payload: utf8("first") });
    assert.equal(opened[1]!.kind, direction === "toServer" ? "request" : "end");
  }
});

Deno.test("the recorded hello is read as what it says", async () => {
  const { leastVersion, mostVersion, fingerprint } = await readHello(recorded.hello);
  const expected = createHash("sha256").update(recorded.serverKey).digest("hex");
  assert.deepEqual([leastVersion, mostVersion, fingerprint.toHex()], [2, 2, expected]);
});

/** WIRE 2: u32 length, u8 kind, payload. */
function framed(kind: number, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(5);
  new DataView(header.buffer).setUint32(0, payload.length + 1);
  header[4] = kind;
  return concatBytes([header, payload]);
}

/** WIRE 4: opens the n-th frame of a direction. */
function openByHand(key: Uint8Array, direction: number, count: number, frame: Uint8Array): string {
  const nonce = new Uint8Array(12).with(11, count);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAAD(new Uint8Array([direction, frame[4]!, ...frame.subarray(0, 4)]));
  decipher.setAuthTag(frame.slice(-16));
  const opened = decipher.update(frame.slice(5, -16));
  decipher.final();
  return opened.toString("hex");
}

Deno.test("the transcript and the keys are those that WIRE.md describes", async () => {
  const { hello, exchange, rsaSecret } = recorded;
  const transcript = createHash("sha256").update("mailctl session v2\0")
    .update(framed(1, hello)).update(framed(2, exchange)).digest();
  assert.deepEqual(new Uint8Array(transcript), recorded.transcript);
  const load = (format: string, bytes: Bytes, algorithm: string, usage: string) =>
    crypto.subtle.importKey(format as "raw", bytes, algorithm, false, [usage as KeyUsage]);
  const x25519 = await load("pkcs8", recorded.x25519Private, "X25519", "deriveBits");
  const mlKem = await load("raw-seed", recorded.mlKemSeed, "ML-KEM-768", "decapsulateBits");
  const secrets = concatBytes([
    rsaSecret,
    await agreeX25519(x25519, exchange.slice(34, 66)),
    await decapsulate(mlKem, exchange.slice(66, 66 + 1088)),
  ]);
  const derive = (info: string) =>
    new Uint8Array(hkdfSync("sha256", secrets, transcript, info, 32));
  const toServer = derive("mailctl client to server");
  const toClient = derive("mailctl server to client");
  const { frames } = recorded;
  assert.equal(openByHand(toServer, 1, 0, frames.toServer[0]!), utf8("first").toHex());
  assert.equal(openByHand(toServer, 1, 1, frames.toServer[1]!), "");
  assert.equal(openByHand(toClient, 2, 0, frames.toClient[0]!), utf8("first").toHex());
  assert.equal(openByHand(toClient, 2, 1, frames.toClient[1]!), "01");
});
