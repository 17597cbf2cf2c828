/**
 * The envelope of mail that no account signed as its author: brought in by its reader, who signs that and no more, or
 * taken from outside by the server, signed by nobody. WIRE.md 8.9.
 */
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import { sealBroken } from "../../model/errors.ts";
import type { BodySeal, Headers, Origin, UnsignedEnvelope } from "../../model/message.ts";
import {
  decode,
  encode,
  fixed,
  optional,
  struct,
  text,
  u64,
  variant,
  versioned,
  word,
} from "../../wire/fields.ts";
import { address, recipientDigest } from "../../wire/layouts.ts";
import { sign, verify } from "../signature.ts";
import { signedLayout } from "./envelope.ts";
import { bcc, commonFields, unsignedKind } from "./fields.ts";

const origin = variant({
  import: struct({ importedAt: u64 }),
  smtp: struct({
    account: optional(address),
    sender: text(1024),
    host: text(255),
    address: text(64),
    arrivedAt: u64,
  }),
});

const importer = struct({
  address,
  box: word(["inbox", "sent"]),
  signingKey: fixed(32),
  recipientDigest,
});

const unsignedLayout = versioned(
  unsignedKind,
  struct({ ...commonFields, bcc, origin, importer: optional(importer) }),
);

const summaryLayout = versioned(unsignedKind, struct({ ...commonFields, bcc, origin }));

const importLabel = utf8("mailctl import v2\0");
const nobodys = new Uint8Array(64);

/** What an account keeps of an unsigned envelope that it has found to hold: WIRE.md 8.4. */
export interface UnsignedSummary extends Headers, BodySeal {
  readonly origin: Origin;
}

/** Encodes an envelope that nobody signs. */
export function encodeUnsigned(envelope: UnsignedEnvelope): Bytes {
  return encode(signedLayout, { envelope: encode(unsignedLayout, envelope), signature: nobodys });
}

/** Encodes an envelope and signs it by the key that its `importer` names. */
export async function signImport(
  signingSeed: Uint8Array,
  envelope: UnsignedEnvelope,
): Promise<Bytes> {
  const encoded = encode(unsignedLayout, envelope);
  const signature = await sign(signingSeed, concatBytes([importLabel, encoded]));
  return encode(signedLayout, { envelope: encoded, signature });
}

/**
 * Decodes an unsigned envelope and checks the signature that its origin needs, by the key that it names itself.
 * @throws {MailError} `protocol`; `bad_signature` also for a signature where there is to be none
 */
export async function openUnsigned(signed: Uint8Array): Promise<UnsignedEnvelope> {
  const { envelope: encoded, signature } = decode(signedLayout, signed);
  const envelope = decode(unsignedLayout, encoded);
  const { origin, importer } = envelope;
  if ((origin.kind === "import") !== (importer !== null)) throw sealBroken();
  const holds = importer === null
    ? signature.every((byte) => byte === 0)
    : await verify(importer.signingKey, signature, concatBytes([importLabel, encoded]));
  if (!holds) throw sealBroken();
  return envelope;
}

/** Encodes a summary, which is sealed by `MailboxKey`. */
export function encodeUnsignedSummary(summary: UnsignedSummary): Bytes {
  return encode(summaryLayout, summary);
}

/** Decodes a summary. @throws {MailError} `protocol` */
export function decodeUnsignedSummary(encoded: Uint8Array): UnsignedSummary {
  return decode(summaryLayout, encoded);
}
