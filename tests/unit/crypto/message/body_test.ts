/** The body: one payload, a header for each reader, and whole age files when they are put together. WIRE 8.3. */
import {
  Decrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import assert from "node:assert/strict";
import { openBody, sealBody } from "../../../../src/crypto/message/body.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../../../src/model/bytes.ts";
import { collect, cut } from "../../../support/mime.ts";

const identities = [
  await generateHybridIdentity(),
  await generateHybridIdentity(),
  await generateHybridIdentity(),
];
const recipients = await Promise.all(identities.map(identityToRecipient));
const [alice = "", bob = ""] = identities;

const chunk = 64 * 1024; // age-encryption.org/v1, "Payload"
const sealedChunk = chunk + 16;
const broken = {
  name: "MailError",
  code: "bad_signature",
  message: "Cannot decrypt data: it was changed, or is not for this key",
};

function bodyOf(length: number): Bytes {
  return new Uint8Array(length).map((_, at) => at ^ (at >> 8) ^ (at >> 16));
}

async function sealTo(source: Bytes, to: readonly string[], chunkBytes = 40_000) {
  const { headers, payload } = await sealBody(cut(source, chunkBytes), to);
  return { headers, payload: plain(await collect(payload)) };
}

function open(identity: string, file: Bytes, chunkBytes = 30_000): Promise<Uint8Array> {
  return collect(openBody(identity, cut(file, chunkBytes)));
}

for (const length of [0, 1, chunk - 1, chunk, chunk + 1, 1024 ** 2, 1024 ** 2 + 1]) {
  Deno.test(`a body of ${length} bytes is what it was, for us and for age itself`, async () => {
    const source = bodyOf(length);
    const { headers, payload } = await sealTo(source, recipients.slice(0, 1));
    const file = concatBytes([headers[0]!, payload]);
    assert.deepEqual(await open(alice, file), new Uint8Array(source));
    const decrypter = new Decrypter();
    decrypter.addIdentity(alice);
    assert.deepEqual(await decrypter.decrypt(file), source);
  });
}

Deno.test("a sealed body opens however it is cut on its way", async () => {
  const source = bodyOf(700);
  const { headers, payload } = await sealTo(source, recipients.slice(0, 1), 1);
  const file = concatBytes([headers[0]!, payload]);
  for (const size of [1, 2, 7, 100, file.length]) {
    assert.deepEqual(await open(alice, file, size), source);
  }
});

Deno.test("each reader opens the file with their own header, and none with another's", async () => {
  const source = bodyOf(1000);
  const { headers, payload } = await sealTo(source, recipients);
  for (const [at, header] of headers.entries()) {
    const file = concatBytes([header, payload]);
    for (const [who, identity] of identities.entries()) {
      if (who === at) assert.deepEqual(await open(identity, file), source);
      else await assert.rejects(open(identity, file), broken);
    }
  }
});

Deno.test("a header names one reader, and does not tell how many there are", async () => {
  const [alone, many] = [
    await sealTo(bodyOf(9), [recipients[0]!]),
    await sealTo(bodyOf(9), recipients),
  ];
  const lengths = [...alone.headers, ...many.headers].map(({ length }) => length);
  assert.equal(new Set(lengths).size, 1);
  for (const header of many.headers) {
    const lines = new TextDecoder().decode(header).split("\n");
    assert.equal(lines[0], "age-encryption.org/v1");
    assert.equal(lines.filter((line) => line.startsWith("-> ")).length, 1);
  }
});

Deno.test("a recipient who stands twice gets two headers", async () => {
  const { headers, payload } = await sealTo(bodyOf(10), [
    recipients[0]!,
    recipients[1]!,
    recipients[0]!,
  ]);
  for (const [at, identity] of [alice, bob, alice].entries()) {
    assert.deepEqual(await open(identity, concatBytes([headers[at]!, payload])), bodyOf(10));
  }
});

Deno.test("a body is sealed to post-quantum recipients alone", async () => {
  const classic = await identityToRecipient(await generateX25519Identity());
  for (const recipient of ["age1nobody", classic, recipients[0]!.slice(0, -1), alice]) {
    await assert.rejects(sealBody(cut(bodyOf(1), 1), [recipient]), broken);
  }
});

const sealed = await sealTo(bodyOf(2 * chunk + 5), recipients.slice(0, 2));
const [header = new Uint8Array(0), bobsHeader = new Uint8Array(0)] = sealed.headers;
const { payload } = sealed;
const file = concatBytes([header, payload]);

Deno.test("a header with any part changed does not open, its MAC least of all", async () => {
  for (let at = 0; at < header.length; at += at < header.length - 50 ? 29 : 1) {
    if (at === header.length - 1) continue; // the line feed: below
    const changed = file.slice();
    changed[at]! ^= 1;
    await assert.rejects(open(alice, changed), broken, `byte ${at}`);
  }
  const noEnd = file.slice();
  noEnd[header.length - 1] = 0x20;
  await assert.rejects(open(alice, noEnd), broken);
});

Deno.test("a header of another payload does not open this one", async () => {
  const other = await sealTo(bodyOf(2 * chunk + 5), recipients.slice(0, 1));
  await assert.rejects(open(alice, concatBytes([other.headers[0]!, payload])), broken);
  await assert.rejects(open(alice, concatBytes([header, other.payload])), broken);
  await assert.rejects(open(alice, concatBytes([bobsHeader, payload])), broken);
  assert.deepEqual(await open(bob, concatBytes([bobsHeader, payload])), bodyOf(2 * chunk + 5));
});

const ends = [0, 15, 16, 17, 32, 33].concat(
  [1, 2].flatMap((chunks) => [-1, 0, 1, 16].map((more) => 16 + chunks * sealedChunk + more)),
  payload.length - 1,
);

for (const end of ends) {
  Deno.test(`a payload that ends after ${end} bytes does not pass for a whole one`, async () => {
    await assert.rejects(open(alice, concatBytes([header, payload.slice(0, end)])), broken);
  });
}

Deno.test("a payload changed, with chunks in another order, or longer does not open", async () => {
  const chunks = [
    payload.slice(16, 16 + sealedChunk),
    payload.slice(16 + sealedChunk, 16 + 2 * sealedChunk),
  ];
  const last = payload.slice(16 + 2 * sealedChunk);
  const nonce = payload.slice(0, 16);
  const wrong = [
    [nonce, chunks[1]!, chunks[0]!, last],
    [nonce, chunks[0]!, chunks[0]!, chunks[1]!, last],
    [nonce, last],
    [nonce, chunks[0]!, last],
    [payload, utf8("x")],
    [payload, last],
  ];
  for (const parts of wrong) {
    await assert.rejects(open(alice, concatBytes([header, ...parts])), broken);
  }
  for (const at of [0, 15, 16, sealedChunk, payload.length - 1]) {
    const changed = payload.slice();
    changed[at]! ^= 1;
    await assert.rejects(open(alice, concatBytes([header, changed])), broken);
  }
});

async function* failing(bytes: Uint8Array, failure: unknown) {
  yield* cut(bytes, 10_000);
  throw failure;
}

Deno.test("a source that fails comes out as its own failure, never as a broken seal", async () => {
  const failure = new Error("the connection was cut");
  for (
    const length of [0, 10, header.length + 100, header.length + 16 + sealedChunk, file.length]
  ) {
    const opening = collect(openBody(alice, failing(file.slice(0, length), failure)));
    await assert.rejects(opening, (error) => error === failure, `after ${length} bytes`);
  }
  for (const length of [0, 1000, 200_000]) {
    const sealing = async () => {
      const { payload } = await sealBody(failing(bodyOf(length), failure), recipients.slice(0, 1));
      await collect(payload);
    };
    await assert.rejects(sealing, (error) => error === failure, `after ${length} bytes`);
  }
});

Deno.test("whoever stops reading lets go of the source", async () => {
  const { promise: opened, resolve: openDone } = Promise.withResolvers<void>();
  const { promise: sealed, resolve: sealDone } = Promise.withResolvers<void>();
  const watch = async function* (bytes: Uint8Array, released: () => void) {
    try {
      yield* cut(bytes, 10_000);
    } finally {
      released();
    }
  };
  for await (const _ of openBody(alice, watch(file, openDone))) break;
  await opened;
  const { payload } = await sealBody(watch(bodyOf(1024 ** 2), sealDone), recipients);
  for await (const _ of payload) break;
  await sealed;
});
