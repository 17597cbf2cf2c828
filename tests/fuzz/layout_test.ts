/** Random and damaged bytes for every layout of the wire: a MailError or a value, never a hang. */
import assert from "node:assert/strict";
import { decodeEnvelope, verifyEnvelope } from "../../src/crypto/message/envelope.ts";
import { decodeSummary } from "../../src/crypto/message/summary.ts";
import { decodeUnsignedSummary, openUnsigned } from "../../src/crypto/message/unsigned.ts";
import { beginHandshake, readHello } from "../../src/crypto/session/handshake.ts";
import { type Bytes, concatBytes, plain, randomBytes } from "../../src/model/bytes.ts";
import { isFailure, MailError } from "../../src/model/errors.ts";
import { clientConfirm, decodeError, serverConfirm, streamEnd } from "../../src/session/state.ts";
import { Reader } from "../../src/wire/buffer.ts";
import { type Codec, decode, encode } from "../../src/wire/fields.ts";
import { errorReply, operations } from "../../src/wire/operations.ts";
import { seeded } from "../support/mime.ts";
import { readVector } from "../vectors/vector.ts";
import { type Random, randomRun, randomValue } from "./random_value.ts";

const layouts: [name: string, layout: Codec<unknown>][] = [
  ["error", errorReply as Codec<unknown>],
  ["client's confirm", clientConfirm as Codec<unknown>],
  ["server's confirm", serverConfirm as Codec<unknown>],
  ["end of a stream", streamEnd as Codec<unknown>],
  ...Object.entries(operations).flatMap(([name, { request, reply }]) => [
    [`request of ${name}`, request as Codec<unknown>] as [string, Codec<unknown>],
    [`reply to ${name}`, reply as Codec<unknown>] as [string, Codec<unknown>],
  ]),
];

const lengths = [0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Damages bytes: bits, cuts, additions, and numbers of four bytes that claim much. */
function damage(bytes: Uint8Array, random: Random): Bytes {
  let changed = plain(bytes.slice());
  for (let count = random() % 4; count >= 0; count--) {
    const at = changed.length === 0 ? 0 : random() % changed.length;
    const fate = random() % 5;
    if (fate === 0) changed = changed.slice(0, at);
    else if (fate === 1) changed = concatBytes([changed, randomRun(random, random() % 9)]);
    else if (fate === 2 && at + 4 <= changed.length) {
      new DataView(changed.buffer).setUint32(at, lengths[random() % lengths.length]!);
    } else if (changed.length > 0) changed[at]! ^= 1 << (random() % 8);
  }
  return changed;
}

function isMailError(error: unknown): true {
  assert.ok(isFailure(error, "protocol"), String(error));
  return true;
}

class CountingReader extends Reader {
  reads = 0;

  override u8(): number {
    this.reads++;
    return super.u8();
  }

  override u16(): number {
    this.reads++;
    return super.u16();
  }

  override u32(): number {
    this.reads++;
    return super.u32();
  }

  override u64(): number {
    this.reads++;
    return super.u64();
  }

  override raw(count: number): Uint8Array<ArrayBuffer> {
    this.reads++;
    return super.raw(count);
  }
}

/** Decodes; what is understood must be encoded to the very same bytes. */
function decodeStrictly(layout: Codec<unknown>, bytes: Uint8Array): void {
  let value;
  try {
    value = decode(layout, bytes);
  } catch (error) {
    isMailError(error);
    return;
  }
  assert.deepEqual(encode(layout, value), plain(bytes.slice()));
}

Deno.test("random and damaged bytes of every layout end in a value or a MailError", () => {
  const random = seeded(2);
  for (const [, layout] of layouts) {
    for (let round = 0; round < 150; round++) {
      const encoded = encode(layout, randomValue(layout, random)).slice();
      decodeStrictly(layout, damage(encoded, random));
      decodeStrictly(layout, randomRun(random, random() % 64));
    }
  }
});

Deno.test("every length of 2^32 - 1 in a layout is refused after no more reads than there are bytes", () => {
  const claim = new Uint8Array(4096).fill(0xff);
  for (const [name, layout] of layouts) {
    if (encode(layout, randomValue(layout, seeded(1))).length === 0) continue;
    const reader = new CountingReader(claim);
    assert.throws(
      () => {
        layout.read(reader);
        reader.end();
      },
      isMailError,
      name,
    );
    assert.ok(reader.reads <= claim.length, `${name}: ${reader.reads} reads`);
  }
});

Deno.test("a damaged error is a MailError too", () => {
  const random = seeded(3);
  const encoded = encode(errorReply, randomValue(errorReply, random)).slice();
  for (let round = 0; round < 500; round++) {
    try {
      assert.ok(decodeError(damage(encoded, random)) instanceof MailError);
    } catch (error) {
      isMailError(error);
    }
  }
});

interface Recorded {
  readonly signed: Uint8Array;
}

Deno.test("a damaged envelope is a MailError or does not verify", async () => {
  const { signed } = await readVector<Recorded>("envelope");
  const random = seeded(4);
  for (let round = 0; round < 1_000; round++) {
    const bytes = damage(signed, random);
    const same = bytes.toHex() === signed.toHex();
    try {
      decodeEnvelope(bytes);
      assert.equal(await verifyEnvelope(bytes), same, `round ${round}`);
    } catch (error) {
      isMailError(error);
    }
  }
});

Deno.test("a damaged summary is a MailError or a summary", async () => {
  const recorded = await readVector<{ summary: { encoded: Uint8Array } }>("mailbox_key");
  const random = seeded(5);
  for (let round = 0; round < 1_000; round++) {
    try {
      assert.ok(decodeSummary(damage(recorded.summary.encoded, random)));
    } catch (error) {
      isMailError(error);
    }
  }
});

Deno.test("a damaged envelope or summary that no author signed is a MailError or what nobody vouched for", async () => {
  const { imported, unsigned } = await readVector<
    Record<"imported" | "unsigned", Recorded & { readonly summary: Uint8Array }>
  >("unsigned_envelope");
  const random = seeded(7);
  for (let round = 0; round < 1_000; round++) {
    const bytes = damage(imported.signed, random);
    const same = bytes.toHex() === imported.signed.toHex();
    const opened = await openUnsigned(bytes).then(({ importer }) => importer, isRefusal);
    assert.equal(opened !== null && opened !== true, same, `round ${round}`);
    await openUnsigned(damage(unsigned.signed, random)).catch(isRefusal);
    try {
      assert.ok(decodeUnsignedSummary(damage(imported.summary, random)));
    } catch (error) {
      isMailError(error);
    }
  }
});

function isRefusal(error: unknown): true {
  const codes = ["protocol", "bad_signature"];
  assert.ok(error instanceof MailError && codes.includes(error.code), String(error));
  return true;
}

Deno.test("a damaged hello or exchange is a MailError, or ends in keys nobody has", async () => {
  const recorded = await readVector<Record<"hello" | "exchange" | "serverKey", Bytes>>("session");
  const random = seeded(6);
  const decrypt = () => Promise.resolve(randomBytes(32));
  const ticketSecret = decrypt;
  const server = await beginHandshake({ spki: recorded.serverKey, decrypt, ticketSecret });
  for (let round = 0; round < 150; round++) {
    await readHello(damage(recorded.hello, random)).then((hello) => hello.answer())
      .catch(isMailError);
    await server.finish(damage(recorded.exchange, random)).catch(isMailError);
  }
});
