/** Bodies held to their digests: whatever is handed out was signed, to the byte. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PieceDigester, verifyPieces } from "../../../../src/crypto/message/piece.ts";
import { asPieceDigest, type PieceDigest } from "../../../../src/model/digests.ts";
import { limits } from "../../../../src/model/limits.ts";
import { collect, cut } from "../../../support/mime.ts";

const piece = limits.digestPieceBytes;
const lengths = [0, 1, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 7];
const chunkSizes = [65_537, piece, 3 * piece];

function bodyOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => at ^ (at >> 8) ^ (at >> 16));
}

/** What a sender signs of a body, computed another way. */
function signedOf(body: Uint8Array) {
  const bodyPieces: PieceDigest[] = [];
  for (let at = 0; at < body.length; at += piece) {
    const digest = createHash("sha256").update(body.subarray(at, at + piece)).digest();
    bodyPieces.push(asPieceDigest(new Uint8Array(digest)));
  }
  return { bodyBytes: body.length, bodyPieces };
}

/** Reads until it ends or fails; tells which, and how much was handed out before. */
async function verify(body: Uint8Array, signed: ReturnType<typeof signedOf>, chunkBytes = piece) {
  let bytes = 0;
  try {
    for await (const chunk of verifyPieces(cut(body, chunkBytes), signed)) bytes += chunk.length;
    return { bytes, code: "ok" };
  } catch (error) {
    return { bytes, code: (error as { code?: string }).code };
  }
}

for (const length of lengths) {
  Deno.test(`a body of ${length} bytes is digested and verified, however it is cut`, async () => {
    const body = bodyOf(length);
    const signed = signedOf(body);
    for (const size of chunkSizes) {
      const digester = new PieceDigester();
      assert.equal((await collect(digester.pass(cut(body, size)))).length, length);
      assert.deepEqual([digester.bytes, digester.pieces], [length, signed.bodyPieces]);
      assert.deepEqual(await collect(verifyPieces(cut(body, size), signed)), body);
    }
  });
}

Deno.test("bytes that come one by one make the same pieces", async () => {
  const digester = new PieceDigester();
  const body = bodyOf(300);
  assert.deepEqual(await collect(digester.pass(cut(body, 1))), body);
  assert.deepEqual(digester.pieces, signedOf(body).bodyPieces);
});

Deno.test("no byte of a piece that is not the signed one is handed out", async () => {
  const body = bodyOf(2 * piece + 7);
  const signed = signedOf(body);
  const places: readonly [at: number, before: number][] = [
    [0, 0],
    [piece - 1, 0],
    [piece, piece],
    [2 * piece - 1, piece],
    [2 * piece, 2 * piece],
    [2 * piece + 6, 2 * piece],
  ];
  for (const [at, before] of places) {
    const changed = body.slice();
    changed[at]! ^= 1;
    assert.deepEqual(await verify(changed, signed), { bytes: before, code: "bad_signature" });
  }
});

Deno.test("a body that is too short or too long is found out at the signed end", async () => {
  const body = bodyOf(2 * piece + 7);
  const signed = signedOf(body);
  const longer = new Uint8Array([...body.subarray(2 * piece), 0]);
  const cases: readonly [name: string, body: Uint8Array, signed: typeof signed, before: number][] =
    [
      ["nothing came", new Uint8Array(0), signed, 0],
      ["cut between pieces", body.slice(0, piece), signed, piece],
      ["cut within a piece", body.slice(0, piece + 9), signed, piece],
      ["a byte short", body.slice(0, -1), signed, 2 * piece],
      ["a byte long", new Uint8Array([...longer]), signedOf(body.slice(2 * piece)), 0],
      ["a piece too many", body.slice(0, 2 * piece), signedOf(body.slice(0, piece)), piece],
      ["something where nothing was signed", bodyOf(1), signedOf(bodyOf(0)), 0],
      ["pieces changed places", body.slice(piece, 2 * piece), signedOf(body.slice(0, piece)), 0],
    ];
  for (const [name, came, expected, before] of cases) {
    assert.deepEqual(await verify(came, expected), { bytes: before, code: "bad_signature" }, name);
  }
});

Deno.test("digests and a length that disagree are refused, though each digest holds", async () => {
  const body = bodyOf(piece + 1);
  for (const bodyBytes of [0, piece, piece + 2]) {
    assert.equal((await verify(body, { ...signedOf(body), bodyBytes })).code, "bad_signature");
  }
});

Deno.test("a source that fails comes out as its own failure", async () => {
  const failure = new Error("cut");
  const source = async function* () {
    yield* cut(bodyOf(piece), piece);
    throw failure;
  };
  await assert.rejects(
    collect(verifyPieces(source(), signedOf(bodyOf(piece + 1)))),
    (error) => error === failure,
  );
  await assert.rejects(collect(new PieceDigester().pass(source())), (error) => error === failure);
});
