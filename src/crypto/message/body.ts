/**
 * The body of a message, sealed and opened as it streams by. Its payload is sealed once; every reader gets an age
 * header of their own for it, so that each has a whole age file and none sees how many others there are. WIRE.md 8.3.
 */
import { checkAgeHeader } from "./age_header.ts";
import { ageIdentity, ageRecipient } from "../account/age_key.ts";
import { deriveKeys } from "../derive.ts";
import { hmacSha256 } from "../hmac.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import { bestEffort, heardElsewhere } from "../../model/promises.ts";

export interface SealedBody {
  /** One age header a recipient, in the order they were given. */
  readonly headers: readonly Bytes[];
  /** The payload that goes behind any of the headers. */
  readonly payload: AsyncIterable<Uint8Array>;
}

/** Loads what seals and opens while something else is waited for, the answer of a server. */
export function loadAge(): void {
  heardElsewhere(import("age-encryption")); // by the import that needs it
}

/** Seals a body to age recipients. The payload must be read to its end. */
export async function sealBody(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): Promise<SealedBody> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  let fileKey: Bytes | undefined;
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = plain(key.slice());
      return []; // adds nothing to the file: it only learns the key
    },
  });
  for (const recipient of recipients) encrypter.addRecipient(ageRecipient(recipient));
  const file = (await encrypter.encrypt(ReadableStream.from(source))).getReader();
  const { header, rest } = await readHeader(file);
  const stanzas = header.split(/^(?=-> )/m).slice(1);
  if (fileKey === undefined || stanzas.length !== recipients.length) throw sealBroken();
  const [macKey] = await deriveKeys(fileKey, ["header"]);
  const headers = await Promise.all(stanzas.map((stanza) => headerOf(stanza, macKey!)));
  return { headers, payload: chain(rest, file) };
}

/**
 * Opens a whole age file as it comes, with any of the identities. Each chunk is authentic when handed out, yet not known to be the sender's.
 * @throws {MailError} `bad_signature` while reading, the same for every cause.
 */
export async function* openBody(
  identities: string | readonly string[],
  sealed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  for (const identity of [identities].flat()) decrypter.addIdentity(ageIdentity(identity));
  let sourceFailure: unknown; // a cut connection must not look like a broken seal
  const watched = async function* () {
    try {
      yield* sealed;
    } catch (error) {
      sourceFailure = error;
      throw error;
    }
  };
  try {
    yield* await decrypter.decrypt(ReadableStream.from(checkAgeHeader(watched())));
  } catch (error) {
    throw sourceFailure ?? sealBroken(error);
  }
}

/**
 * Bytes of a body that takes so many sealed, as a whole age file for one reader: age-encryption.org/v1. What somebody
 * else sealed in another form may have others.
 */
export function openBytes(sealedBytes: number): number {
  const chunks = sealedBytes - sealedHeaderBytes - payloadNonceBytes;
  return Math.max(0, chunks - tagBytes * Math.ceil(chunks / (chunkBytes + tagBytes)));
}

/** With one `mlkem768x25519` stanza: its argument of 1,120 bytes, its body of 32, and a MAC of 32. */
const sealedHeaderBytes = "age-encryption.org/v1\n-> mlkem768x25519 \n\n--- \n".length +
  Math.ceil(1120 * 4 / 3) + 2 * Math.ceil(32 * 4 / 3);
const payloadNonceBytes = 16;
const chunkBytes = 64 * 1024;
const tagBytes = 16;

const newline = 0x0a;
/** age headers of `limits.maxRecipients` hybrid recipients stay far below this. */
const maxHeaderBytes = 1024 * 1024;

/** Reads to the end of the line that begins with `---`: age-encryption.org/v1, "Header". */
async function readHeader(file: ReadableStreamDefaultReader<Uint8Array>) {
  let read: Bytes = new Uint8Array(0);
  while (read.length < maxHeaderBytes) {
    const { value, done } = await file.read();
    if (done) break;
    read = concatBytes([read, value]);
    const end = endOfHeader(read);
    if (end === null) continue;
    const header = new TextDecoder().decode(read.subarray(0, end));
    return { header: header.slice(0, header.lastIndexOf("--- ")), rest: read.subarray(end) };
  }
  throw sealBroken();
}

function endOfHeader(bytes: Uint8Array): number | null {
  let lineStart = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, lineStart)) {
    if (bytes[lineStart] === 0x2d && bytes[lineStart + 1] === 0x2d) return at + 1; // "--"
    lineStart = at + 1;
  }
  return null;
}

async function headerOf(stanza: string, macKey: Bytes): Promise<Bytes> {
  const unauthenticated = utf8(`age-encryption.org/v1\n${stanza}---`);
  const mac = await hmacSha256(macKey, [unauthenticated]);
  return concatBytes([unauthenticated, utf8(` ${mac.toBase64({ omitPadding: true })}\n`)]);
}

async function* chain(first: Uint8Array, rest: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    if (first.length > 0) yield first;
    for (;;) {
      const { value, done } = await rest.read();
      if (done) return;
      if (value.length > 0) yield value;
    }
  } finally {
    bestEffort(rest.cancel()); // it was read as far as the caller wanted
  }
}
