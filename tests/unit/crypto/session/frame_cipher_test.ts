/** Sealed frames: each opens once, in its place, in its direction, as what it was sent as. WIRE 4. */
import assert from "node:assert/strict";
import {
  FrameOpener,
  FrameSealer,
  sealBytes,
} from "../../../../src/crypto/session/frame_cipher.ts";
import { smallCipher } from "../../../../src/crypto/session/small_cipher.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../../../src/model/bytes.ts";
import { type Frame, FrameDecoder, type FrameKind } from "../../../../src/wire/frame.ts";

const key = await makeKey(1);
const otherKey = await makeKey(2);

function makeKey(fill: number): Promise<CryptoKey> {
  const raw = new Uint8Array(32).fill(fill);
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Seals texts as data frames, one after the other. */
async function seal(texts: readonly string[], kind: FrameKind = "data"): Promise<Frame[]> {
  const sealer = new FrameSealer(key, "toServer");
  const decoder = new FrameDecoder(10_000);
  for (const text of texts) decoder.push(await sealer.seal({ kind, payload: utf8(text) }));
  return texts.map(() => decoder.next()!);
}

/** As one-shot commands open frames, and as what runs long does. */
const ways = { "by Web Crypto": () => null, "at once": smallCipher };

async function openAll(frames: readonly Frame[], opener = new FrameOpener(key, "toServer")) {
  const texts: string[] = [];
  for (const frame of frames) {
    texts.push(new TextDecoder().decode((await opener.open(frame)).payload));
  }
  return texts;
}

const unopened = {
  name: "MailError",
  code: "protocol",
  message: "Cannot continue the session: a frame cannot be decrypted",
};

Deno.test("frames open in the order they were sealed, also empty ones", async () => {
  const texts = ["one", "", "three", "x".repeat(5000)];
  const frames = await seal(texts);
  assert.deepEqual(frames.map(({ payload }) => payload.length), texts.map((t) => t.length + 16));
  assert.deepEqual(await openAll(frames), texts);
});

Deno.test("equal payloads do not look alike when sealed", async () => {
  const frames = await seal(["same", "same", "same"]);
  assert.equal(new Set(frames.map(({ payload }) => payload.toHex())).size, 3);
});

const disturbed: readonly [name: string, change: (frames: Frame[]) => Frame[]][] = [
  ["two changed places", ([a, b]) => [b!, a!]],
  ["one came twice", ([a]) => [a!, a!]],
  ["the first was lost", ([, b]) => [b!]],
  ["one in the middle was lost", ([a, , c]) => [a!, c!]],
  ["an old one came again later", ([a, b]) => [a!, b!, a!]],
  ["it was cut by a byte", ([a]) => [{ ...a!, payload: a!.payload.slice(0, -1) }]],
  ["it was cut to its seal", ([a]) => [{ ...a!, payload: a!.payload.slice(0, sealBytes) }]],
  ["it was cut below its seal", ([a]) => [{ ...a!, payload: a!.payload.slice(0, 3) }]],
  ["it was cut to nothing", ([a]) => [{ ...a!, payload: new Uint8Array(0) }]],
  ["it was made longer", ([a]) => [{ ...a!, payload: concatBytes([a!.payload, utf8("x")]) }]],
  ["its kind was changed", ([a]) => [{ ...a!, kind: "end" }]],
];

for (const [way, small] of Object.entries(ways)) {
  const opener = () => new FrameOpener(key, "toServer", small);

  for (const [name, change] of disturbed) {
    Deno.test(`frames do not open where ${name}, ${way}`, async () => {
      const frames = change(await seal(["one", "two", "three"]));
      await assert.rejects(openAll(frames, opener()), unopened);
    });
  }

  Deno.test(`a frame does not open with any one of its bits changed, ${way}`, async () => {
    const [frame] = await seal(["secret"]);
    for (let bit = 0; bit < frame!.payload.length * 8; bit++) {
      const payload = plain(frame!.payload.slice());
      payload[bit >> 3]! ^= 1 << (bit & 7);
      await assert.rejects(openAll([{ kind: "data", payload }], opener()), unopened);
    }
  });

  Deno.test(`a frame opens in its own direction and with its own key alone, ${way}`, async () => {
    const frames = await seal(["one"]);
    const back = new FrameOpener(key, "toClient", small);
    const other = new FrameOpener(otherKey, "toServer", small);
    await assert.rejects(openAll(frames, back), unopened);
    await assert.rejects(openAll(frames, other), unopened);
  });

  Deno.test(`after a frame that did not open the next has lost its place, ${way}`, async () => {
    const [first, second] = await seal(["one", "two"]);
    const one = opener();
    await assert.rejects(one.open(second!), unopened);
    await assert.rejects(one.open(first!), unopened);
  });

  Deno.test(`frames open in the order they were sealed, of every size, ${way}`, async () => {
    const texts = [0, 1, 5, 8192, 8193, 7].map((length) => "x".repeat(length));
    assert.deepEqual(await openAll(await seal(texts), opener()), texts);
  });
}

Deno.test("the length is bound into the seal", async () => {
  const frame = await new FrameSealer(key, "toServer").seal({ kind: "data", payload: utf8("abc") });
  const opened = (length: number) => {
    const header = new Uint8Array(6);
    header.set([1, 8]);
    new DataView(header.buffer).setUint32(2, length);
    const parameters = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: header };
    return crypto.subtle.decrypt(parameters, key, frame.slice(5));
  };
  assert.deepEqual(new Uint8Array(await opened(20)), utf8("abc")); // 3, the seal and the kind
  await assert.rejects(opened(19));
});

Deno.test("no nonce is used twice, however many frames are sealed at once", async () => {
  const nonces: string[] = [];
  const subtle = crypto.subtle as { encrypt?: SubtleCrypto["encrypt"] };
  const real = crypto.subtle.encrypt.bind(crypto.subtle);
  subtle.encrypt = (algorithm, ...rest) => {
    nonces.push(((algorithm as AesGcmParams).iv as Bytes).toHex());
    return real(algorithm, ...rest);
  };
  try {
    const sealer = new FrameSealer(key, "toClient", () => null);
    const kinds: FrameKind[] = ["confirm", "reply", "data", "end"];
    const all = Array.from({ length: 300 }, (_, at) => ({
      kind: kinds[at % 4]!,
      payload: new Uint8Array(at),
    }));
    await Promise.all(all.map((frame) => sealer.seal(frame)));
  } finally {
    delete subtle.encrypt;
  }
  const expected = nonces.map((_, at) => at.toString(16).padStart(24, "0"));
  assert.equal(nonces.length, 300);
  assert.deepEqual(nonces, expected);
});

Deno.test("small frames that are sealed at once are the same bytes, and take their places between the others", async () => {
  const payloads = [0, 1, 15, 16, 17, 1024, 8191, 8192, 8193, 5, 64 * 1024, 100].map((length) =>
    new Uint8Array(length).fill(length)
  );
  const sealers = [() => null, smallCipher].map((way) => new FrameSealer(key, "toClient", way));
  const [usual, atOnce] = await Promise.all(sealers.map(async (sealer) => {
    const frames: string[] = [];
    for (const payload of payloads) {
      frames.push((await sealer.seal({ kind: "reply", payload })).toHex());
    }
    return frames;
  }));
  assert.deepEqual(atOnce, usual);
});
