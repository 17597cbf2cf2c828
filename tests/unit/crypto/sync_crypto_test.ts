/** What is done at once gives the bytes that Web Crypto gives, and each side opens what the other sealed. */
import assert from "node:assert/strict";
import { generateIdentity, recipientOf } from "../../../src/crypto/account/age_key.ts";
import { AeadKey } from "../../../src/crypto/aead.ts";
import { AgeIdentity } from "../../../src/crypto/age/stanza.ts";
import { openFile, sealFile } from "../../../src/crypto/age/file.ts";
import { deriveKeys } from "../../../src/crypto/derive.ts";
import { sha256 } from "../../../src/crypto/fingerprint.ts";
import { hmacSha256 } from "../../../src/crypto/hmac.ts";
import { loadSyncCrypto } from "../../../src/crypto/load_sync_crypto.ts";
import { nodeCrypto } from "../../../src/crypto/node_crypto.ts";
import { ChachaOpener, ChachaSealer } from "../../../src/crypto/chacha.ts";
import { FrameOpener, FrameSealer } from "../../../src/crypto/session/frame_cipher.ts";
import {
  maxSyncBytes,
  type SyncCrypto,
  syncCrypto,
  useSyncCrypto,
} from "../../../src/crypto/sync_crypto.ts";
import { type Bytes, randomBytes } from "../../../src/model/bytes.ts";
import { FrameDecoder } from "../../../src/wire/frame.ts";

async function by<T>(crypto: SyncCrypto | null, work: () => Promise<T>): Promise<T> {
  useSyncCrypto(crypto);
  try {
    return await work();
  } finally {
    useSyncCrypto(null);
  }
}

const key = randomBytes(32);
const works: Readonly<Record<string, (input: Bytes) => Promise<unknown>>> = {
  SHA256: sha256,
  HMAC: (input) => hmacSha256(key, [input, key]),
  "HKDF with a salt": (input) => deriveKeys(key, ["one", "two"], input),
  "HKDF without one": () => deriveKeys(key, ["one"]),
  "HKDF of little": () => deriveKeys(randomBytes(16).fill(7), ["header"]),
  ChaCha20Poly1305: (input) => new ChachaSealer(key).seal(key.slice(0, 12), input),
};

for (const [name, work] of Object.entries(works)) {
  Deno.test(`${name} is the same at once as by Web Crypto`, async () => {
    for (const length of [0, 1, 31, 32, 64, 1000, maxSyncBytes, maxSyncBytes + 1]) {
      const input = randomBytes(length);
      const expected = await by(null, () => work(input));
      assert.deepEqual(await by(nodeCrypto, () => work(input)), expected, `${length} bytes`);
    }
  });
}

Deno.test("SHA3-256 is the same at once as by Web Crypto", async () => {
  const input = randomBytes(1300);
  const expected = new Uint8Array(await crypto.subtle.digest("SHA3-256", input));
  assert.deepEqual(nodeCrypto.digest("SHA3-256", input), expected);
});

for (const length of [0, 1, 128, maxSyncBytes, maxSyncBytes + 1]) {
  Deno.test(`${length} bytes under AES-256-GCM open whoever sealed them, and not once they are altered`, async () => {
    const [raw, context, message] = [randomBytes(32), randomBytes(70), randomBytes(length)];
    for (const [sealer, opener] of [[nodeCrypto, null], [null, nodeCrypto]] as const) {
      const sealed = await by(sealer, () => new AeadKey(raw).seal(context, message));
      const open = (context: Bytes, sealed: Bytes) =>
        by(opener, () => new AeadKey(raw).open(context, sealed));
      assert.deepEqual(await open(context, sealed), message);
      const altered = [
        ...[0, 12, sealed.length - 1].map((at) => sealed.with(at, sealed[at]! ^ 1)),
        ...[0, 11, 12, 27, sealed.length - 1].map((end) => sealed.slice(0, end)),
      ];
      for (const each of altered) {
        await assert.rejects(open(context, each), { code: "bad_signature" }, `${each.length}`);
      }
      await assert.rejects(open(randomBytes(70), sealed), { code: "bad_signature" });
    }
  });
}

for (const length of [0, 1, 128, maxSyncBytes - 16, maxSyncBytes]) {
  Deno.test(`${length} bytes under ChaCha20-Poly1305 open whoever sealed them, and not once they are altered`, async () => {
    const [raw, iv, message] = [randomBytes(32), randomBytes(12), randomBytes(length)];
    for (const [sealer, opener] of [[nodeCrypto, null], [null, nodeCrypto]] as const) {
      const sealed = await by(sealer, () => new ChachaSealer(raw).seal(iv, message));
      const open = (sealed: Bytes) => by(opener, () => new ChachaOpener(raw).open(iv, sealed));
      assert.deepEqual(await open(sealed), message);
      const altered = [
        ...[0, sealed.length - 1].map((at) => sealed.with(at, sealed[at]! ^ 1)),
        ...[0, 15, sealed.length - 1].map((end) => sealed.slice(0, end)),
      ];
      for (const each of altered) await assert.rejects(open(each), `${each.length}`);
    }
  });
}

for (const length of [0, 1, 8192, 8193]) {
  Deno.test(`a frame of ${length} bytes opens at the other side of a session, whoever does it at once`, async () => {
    const sessionKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, [
      "encrypt",
      "decrypt",
    ]);
    const payload = randomBytes(length);
    const [small, none] = [nodeCrypto.frameCipher, () => null];
    for (const [sealer, opener] of [[small, none], [none, small], [small, small]] as const) {
      const sealed = await new FrameSealer(sessionKey, "toServer", sealer)
        .seal({ kind: "request", payload });
      const decoder = new FrameDecoder(65_536);
      const read = (bytes: Bytes) => {
        decoder.push(bytes);
        const frame = decoder.next()!;
        return new FrameOpener(sessionKey, "toServer", opener).open(frame);
      };
      assert.deepEqual((await read(sealed)).payload, payload);
      const altered = sealed.with(sealed.length - 1, sealed.at(-1)! ^ 1);
      await assert.rejects(read(altered), { code: "protocol" });
    }
  });
}

for (const length of [0, 100, maxSyncBytes + 1]) {
  Deno.test(`an age file of ${length} bytes opens whoever sealed it`, async () => {
    const identity = await generateIdentity();
    const recipient = await recipientOf(identity);
    const message = randomBytes(length);
    for (const [sealer, opener] of [[nodeCrypto, null], [null, nodeCrypto]] as const) {
      const file = await by(sealer, () => sealFile(recipient, message));
      assert.deepEqual(
        await by(opener, () => openFile([new AgeIdentity(identity)], file)),
        message,
      );
    }
  });
}

Deno.test("each pair of X25519 made at once is another one, and its halves belong together", async () => {
  const [a, b] = [nodeCrypto.generateX25519(), nodeCrypto.generateX25519()];
  assert.notDeepEqual(a.publicKey, b.publicKey);
  const agree = async (own: Bytes, peer: Bytes) => {
    const privateKey = await crypto.subtle.importKey("pkcs8", own, "X25519", false, ["deriveBits"]);
    const publicKey = await crypto.subtle.importKey("raw", peer, "X25519", false, []);
    return await crypto.subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256);
  };
  assert.deepEqual(await agree(a.pkcs8, b.publicKey), await agree(b.pkcs8, a.publicKey));
});

Deno.test("it is loaded for many messages, and by what runs long", async () => {
  for (
    const [messages, expected] of [[1, null], [99, null], [100, nodeCrypto], [
      undefined,
      nodeCrypto,
    ]] as const
  ) {
    await by(null, async () => {
      await loadSyncCrypto(messages);
      assert.equal(syncCrypto(), expected, `${messages} messages`);
    });
  }
});
