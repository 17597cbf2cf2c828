/** Our age files and those of the `age-encryption` package are the same, and what one refuses the other does not open. */
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import assert from "node:assert/strict";
import { recipientOf } from "../../../../src/crypto/account/age_key.ts";
import {
  openFile,
  openFileStream,
  sealFile,
  sealFileStream,
} from "../../../../src/crypto/age/file.ts";
import { headerBytes, openHeader, sealHeader } from "../../../../src/crypto/age/header.ts";
import {
  contentBytes,
  generateFileKey,
  openPayload,
  sealPayload,
} from "../../../../src/crypto/age/payload.ts";
import { AgeIdentity } from "../../../../src/crypto/age/stanza.ts";
import { decodeBech32, encodeBech32 } from "../../../../src/crypto/bech32.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../../../src/model/bytes.ts";
import { collect, cut } from "../../../support/mime.ts";

const identity = await generateHybridIdentity();
const recipient = await identityToRecipient(identity);
const own = new AgeIdentity(identity);
const other = await generateHybridIdentity();

const chunk = 64 * 1024; // age-encryption.org/v1, "Payload"
const sealedChunk = chunk + 16;
const broken = {
  name: "MailError",
  code: "bad_signature",
  message: "Cannot decrypt data: it was changed, or is not for this key",
};

function contentOf(length: number): Bytes {
  return new Uint8Array(length).map((_, at) => at ^ (at >> 8) ^ (at >> 16));
}

async function packageSeals(content: Bytes, ...to: string[]): Promise<Bytes> {
  const encrypter = new Encrypter();
  for (const each of to) encrypter.addRecipient(each);
  return plain(await encrypter.encrypt(content));
}

async function packageOpens(file: Bytes): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return await decrypter.decrypt(file);
}

function weOpen(file: Bytes, pieceBytes = 30_000): Promise<Uint8Array> {
  return collect(openFileStream([own], cut(file, pieceBytes)));
}

async function weSeal(content: Bytes, pieceBytes = 40_000): Promise<Bytes> {
  return plain(await collect(sealFileStream(recipient, cut(content, pieceBytes))));
}

/** A header of our own making, with its MAC right, so that only its form is at fault. */
async function withMac(fileKey: Bytes, signed: string, ending = "\n"): Promise<Bytes> {
  const bits = await crypto.subtle.importKey("raw", fileKey, "HKDF", false, ["deriveBits"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: utf8(""), info: utf8("header") };
  const key = await crypto.subtle.importKey(
    "raw",
    await crypto.subtle.deriveBits(derivation, bits, 256),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(signed)));
  return utf8(`${signed} ${mac.toBase64({ omitPadding: true })}${ending}`);
}

const lengths = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 1024 ** 2, 1024 ** 2 + 1];

for (const length of lengths) {
  Deno.test(`a file of ${length} bytes is what it was, for us and for the package`, async () => {
    const content = contentOf(length);
    const [ours, short] = [await weSeal(content), await sealFile(recipient, content)];
    const theirs = await packageSeals(content, recipient);
    for (const file of [ours, short, theirs]) {
      assert.deepEqual(await weOpen(file), new Uint8Array(content));
      assert.deepEqual(await openFile([own], file), content);
      assert.deepEqual(await packageOpens(file), new Uint8Array(content));
      assert.equal(file.length, theirs.length);
      assert.equal(contentBytes(file.length - headerBytes), length);
    }
  });
}

Deno.test("files of any size, cut anywhere on their way, are what they were for both", async () => {
  for (let round = 0; round < 24; round++) {
    const length = Math.floor(Math.random() * 5 * chunk);
    const [sealing, opening] = [1, 2].map(() => 1 + Math.floor(Math.random() * 100_000));
    const content = contentOf(length);
    const file = await weSeal(content, sealing);
    assert.deepEqual(await weOpen(file, opening), new Uint8Array(content), `${length} bytes`);
    assert.deepEqual(await packageOpens(file), new Uint8Array(content), `${length} bytes`);
  }
  const file = await weSeal(contentOf(700), 1);
  for (const size of [1, 2, 7, headerBytes, file.length]) {
    assert.deepEqual(await weOpen(file, size), new Uint8Array(contentOf(700)));
  }
});

Deno.test("a file opens for its reader, by whichever of the identities it is", async () => {
  const file = await weSeal(contentOf(100));
  const stranger = new AgeIdentity(other);
  await assert.rejects(openFile([stranger], file), broken);
  await assert.rejects(openFile([], file), broken);
  assert.deepEqual(await openFile([stranger, own], file), contentOf(100));
});

Deno.test("only post-quantum recipients and identities are taken", async () => {
  const classic = await generateX25519Identity();
  const short = encodeBech32("age-secret-key-pq-", new Uint8Array(31)).toUpperCase();
  for (
    const each of ["", classic, identity.toLowerCase(), identity.slice(0, -1), short, recipient]
  ) {
    assert.throws(() => new AgeIdentity(each), broken);
  }
  const long = encodeBech32("age1pq", new Uint8Array(1215));
  const upper = recipient.toUpperCase();
  for (const each of ["", await identityToRecipient(classic), upper, long, identity]) {
    await assert.rejects(sealFile(each, contentOf(1)), broken);
  }
  assert.equal(await recipientOf(identity), recipient);
});

Deno.test("a recipient by which every secret would be the same is refused", async () => {
  const key = decodeBech32("age1pq", recipient)!;
  key.fill(0, 1184); // the point of small order: RFC 7748 6.1
  await assert.rejects(sealFile(encodeBech32("age1pq", key), contentOf(1)));
});

Deno.test("what both refuse: files with any byte changed, cut anywhere, or longer", async () => {
  const file = await weSeal(contentOf(2 * chunk + 5));
  const payload = file.length - headerBytes;
  const ends = [0, 15, 16, 17, 32, 33, payload - 1].concat(
    [1, 2].flatMap((chunks) => [-1, 0, 1, 16].map((more) => 16 + chunks * sealedChunk + more)),
  );
  const changed = Array.from({ length: headerBytes }, (_, at) => at)
    .filter((at) => at % 41 === 0 || at < 42 || at > headerBytes - 100)
    .concat([0, 15, 16, sealedChunk, payload - 1].map((at) => headerBytes + at))
    .flatMap((at) => [1, 0x20, 0x80].map((bit) => file.with(at, file[at]! ^ bit)));
  const cutShort = [
    ...[0, 1, 20, 40, 100, headerBytes - 1].map((end) => file.slice(0, end)),
    ...ends.map((end) => file.slice(0, headerBytes + end)),
  ];
  const longer = [concatBytes([file, utf8("x")]), concatBytes([file, file.slice(-21)])];
  for (const wrong of [...changed, ...cutShort, ...longer].map(plain)) {
    await assert.rejects(packageOpens(wrong));
    await assert.rejects(weOpen(wrong), broken);
    await assert.rejects(openFile([own], wrong), broken);
  }
});

Deno.test("a file of one chunk that is at hand is refused with any byte of its payload changed, cut or longer", async () => {
  const file = await sealFile(recipient, contentOf(5));
  const payload = Array.from({ length: file.length - headerBytes }, (_, at) => headerBytes + at);
  const changed = payload.map((at) => file.with(at, file[at]! ^ 1));
  const cutShort = payload.map((at) => file.slice(0, at));
  for (const wrong of [...changed, ...cutShort, concatBytes([file, utf8("x")])].map(plain)) {
    await assert.rejects(openFile([own], wrong), broken);
  }
});

Deno.test("what both refuse: chunks in another order, left out, and an empty chunk at the end", async () => {
  const file = await weSeal(contentOf(2 * chunk + 5));
  const at = (chunks: number) => headerBytes + 16 + chunks * sealedChunk;
  const [head, first, second, last] = [
    file.slice(0, at(0)),
    file.slice(at(0), at(1)),
    file.slice(at(1), at(2)),
    file.slice(at(2)),
  ] as [Bytes, Bytes, Bytes, Bytes];
  const wrong = [
    [head, second, first, last],
    [head, first, first, second, last],
    [head, last],
    [head, first, last],
    [file, last],
  ].map(concatBytes);
  wrong.push(await withEmptyLastChunk());
  for (const each of wrong) {
    await assert.rejects(packageOpens(each));
    await assert.rejects(weOpen(each), broken);
  }
});

/** A full chunk that is not the last, and an empty one that is: each of them authentic. */
async function withEmptyLastChunk(): Promise<Bytes> {
  const fileKey = generateFileKey();
  const nonce = new Uint8Array(16);
  const bits = await crypto.subtle.importKey("raw", fileKey, "HKDF", false, ["deriveBits"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: nonce, info: utf8("payload") };
  const raw = await crypto.subtle.deriveBits(derivation, bits, 256);
  const name = "ChaCha20-Poly1305";
  const key = await crypto.subtle.importKey("raw-secret" as "raw", raw, name, false, ["encrypt"]);
  const seal = async (content: Bytes, index: number, isLast: number) => {
    const iv = new Uint8Array(12);
    iv.set([index, isLast], 10);
    return new Uint8Array(await crypto.subtle.encrypt({ name, iv }, key, content));
  };
  const header = await sealHeader(recipient, fileKey);
  const chunks = [await seal(contentOf(chunk), 0, 0), await seal(contentOf(0), 1, 1)];
  return concatBytes([header, nonce, ...chunks]);
}

/** Whole headers, each with a MAC that holds, and whether the package takes them too. */
const spellings: readonly [
  name: string,
  change: (signed: string) => string,
  ending: string,
  packageOpens: boolean,
][] = [
  ["as it is", (signed) => signed, "\n", true],
  ["of another version", (signed) => signed.replace("/v1", "/v2"), "\n", false],
  ["with CRLF", (signed) => signed.replaceAll("\n", "\r\n"), "\r\n", false],
  ["with a padded share", (signed) => signed.replace(/^(-> \S+ \S+)/m, "$1=="), "\n", false],
  ["with a padded body", (signed) => signed.replace("\n---", "=\n---"), "\n", false],
  [
    "with a body in two lines",
    (signed) => signed.replace(/(.{20})\n---/, "\n$1\n---"),
    "\n",
    false,
  ],
  ["with bits left over in its share", (signed) => bitsLeftOver(signed, 1), "\n", false],
  ["with bits left over in its body", (signed) => bitsLeftOver(signed, 2), "\n", false],
  ["with two spaces", (signed) => signed.replace("-> ", "->  "), "\n", false],
  ["with a space at the end", (signed) => signed.replace(/^(-> .*)$/m, "$1 "), "\n", false],
  ["with a third argument", (signed) => signed.replace(/^(-> .*)$/m, "$1 more"), "\n", false],
  ["without a line break", (signed) => signed, "", false],
  ["with its MAC cut", (signed) => signed, "", false],
  [
    "with a stanza of nobody's before",
    (signed) => signed.replace("->", "-> grease\n\n->"),
    "\n",
    true,
  ],
  [
    "with a stanza of nobody's behind",
    (signed) => `${signed.slice(0, -3)}-> grease\n\n---`,
    "\n",
    true,
  ],
];

/** Changes the last character of a part to one that stands for the same bytes. */
function bitsLeftOver(signed: string, part: 1 | 2): string {
  const end = part === 1 ? signed.indexOf("\n", signed.indexOf("->")) : signed.length - 4;
  const next = String.fromCharCode(signed.charCodeAt(end - 1) + 1);
  return signed.slice(0, end - 1) + next + signed.slice(end);
}

for (const [name, change, ending, isTaken] of spellings) {
  const verb = isTaken ? "opened by the package" : "refused by both";
  Deno.test(`a header ${name} is ${verb}`, async () => {
    const fileKey = generateFileKey();
    const plainHeader = new TextDecoder().decode(await sealHeader(recipient, fileKey));
    const signed = change(plainHeader.slice(0, plainHeader.lastIndexOf("---") + 3));
    const header = await withMac(fileKey, signed, ending);
    const payload = await collect(sealPayload(fileKey, cut(contentOf(9), 9)));
    const file = concatBytes([header, payload]);
    if (isTaken) assert.deepEqual(await packageOpens(file), new Uint8Array(contentOf(9)));
    else await assert.rejects(packageOpens(file));
    if (name === "as it is") assert.deepEqual(await weOpen(file), new Uint8Array(contentOf(9)));
    else await assert.rejects(weOpen(file), broken);
  });
}

Deno.test("a file for several readers is more than ours takes", async () => {
  const file = await packageSeals(contentOf(9), recipient, await identityToRecipient(other));
  assert.deepEqual(await packageOpens(file), new Uint8Array(contentOf(9)));
  await assert.rejects(weOpen(file), broken);
});

Deno.test("the MAC of a header is held against it before its payload is looked at", async () => {
  const file = await weSeal(contentOf(9));
  const wrong = file.with(headerBytes - 2, file[headerBytes - 2]! ^ 4);
  let pulled = 0;
  const source = async function* () {
    yield wrong.slice(0, headerBytes);
    pulled++;
    yield wrong.slice(headerBytes);
  };
  await assert.rejects(collect(openFileStream([own], source())), broken);
  assert.equal(pulled, 0);
  assert.equal((await openHeader([own], file.slice(0, headerBytes))).length, 16);
});

Deno.test("all readers of one payload have headers of the same length, and none opens another's", async () => {
  const fileKey = generateFileKey();
  const payload = await collect(sealPayload(fileKey, cut(contentOf(1000), 100)));
  const files = await Promise.all(
    [recipient, await identityToRecipient(other)].map(async (to) =>
      concatBytes([await sealHeader(to, fileKey), payload])
    ),
  );
  assert.equal(files[0]!.length, files[1]!.length);
  assert.deepEqual(await weOpen(files[0]!), new Uint8Array(contentOf(1000)));
  await assert.rejects(weOpen(files[1]!), broken);
  const elsewhere = await weSeal(contentOf(1000));
  await assert.rejects(
    weOpen(concatBytes([files[0]!.slice(0, headerBytes), elsewhere.slice(headerBytes)])),
    broken,
  );
});

async function* failing(bytes: Bytes, failure: unknown) {
  yield* cut(bytes, 10_000);
  throw failure;
}

Deno.test("a source that fails comes out as its own failure, never as a broken seal", async () => {
  const failure = new Error("the connection was cut");
  const file = await weSeal(contentOf(2 * chunk + 5));
  for (const length of [0, 10, headerBytes + 100, headerBytes + 16 + sealedChunk, file.length]) {
    const opening = collect(openFileStream([own], failing(file.slice(0, length), failure)));
    await assert.rejects(opening, (error) => error === failure, `after ${length} bytes`);
  }
  for (const length of [0, 1000, 200_000]) {
    const sealing = collect(sealPayload(generateFileKey(), failing(contentOf(length), failure)));
    await assert.rejects(sealing, (error) => error === failure, `after ${length} bytes`);
  }
});

Deno.test("giving up lets go of the source, also where it does not open", async () => {
  let released = 0;
  const watch = async function* (bytes: Bytes) {
    try {
      yield* cut(bytes, 10_000);
    } finally {
      released++;
    }
  };
  const content = contentOf(1024 ** 2);
  const file = await weSeal(content);
  for await (const _ of openFileStream([own], watch(file))) break;
  await assert.rejects(collect(openPayload(generateFileKey(), watch(content))), broken);
  await assert.rejects(collect(openFileStream([new AgeIdentity(other)], watch(file))), broken);
  for await (const _ of sealPayload(generateFileKey(), watch(content))) break;
  assert.equal(released, 4);
});
