/**
 * Sealing mail that no account signed as its author, from readers' public keys alone: the body once, as it streams
 * by, then an envelope. On the server for mail from outside, on the client for mail that its reader brings in.
 */
import type { PublicKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, concatBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import type {
  BodyDigests,
  BodySeal,
  Box,
  Headers,
  Importer,
  Origin,
  SmtpOrigin,
  UnsignedEnvelope,
} from "../../model/message.ts";
import { sealFile } from "../age/file.ts";
import { generateFileKey, sealPayload } from "../age/payload.ts";
import { digestRecipient, sha256 } from "../fingerprint.ts";
import { fitHeaders } from "./fit_headers.ts";
import { encodeUnsigned, signImport } from "./unsigned.ts";
import { PieceDigester } from "./piece.ts";

/** A message as `readUnsigned` (mime/unsigned.ts) gives it. */
export interface UnsignedSource {
  /** The MIME source, once. */
  readonly source: AsyncIterable<Uint8Array>;
  /** What the message says of itself, once the source was read to its end. */
  headers(): Promise<UnsignedHeaders>;
}

/** Headers that may lack an id. */
export type UnsignedHeaders = Omit<Headers, "messageId"> & { readonly messageId: string | null };

/** A message on its way to those it was sealed to. */
export interface SealedUnsigned {
  /** The body. It has to be read to its end before the rest is asked for. */
  readonly payload: AsyncIterable<Uint8Array>;
  /** What holds the body to its envelopes; once the payload was read. */
  digests(): BodyDigests;
  /** The envelope as it is sealed, with the signature of who brings it in; once the payload was read. */
  envelope(): Promise<Bytes>;
  /** The sealed envelopes, in the order of the recipients; once the payload was read. */
  envelopes(): Promise<Bytes[]>;
}

/** Seals a message from outside to the age recipients of accounts. Nobody signs it. */
export function sealUnsigned(
  message: UnsignedSource,
  recipients: readonly string[],
  origin: SmtpOrigin,
): SealedUnsigned {
  return seal(message, recipients, (headers, body) => {
    return encodeUnsigned(envelopeOf(headers, body, origin, null));
  });
}

/** Who brings a message in. */
export interface ImportingAccount {
  /** `name@domain` */
  readonly address: Address;
  readonly publicKeys: PublicKeys;
  readonly secretKeys: { readonly signingSeed: Uint8Array };
}

/** Seals a message to the account that brings it in, which signs that it did. `importedAt`: milliseconds since 1970. */
export function sealImport(
  message: UnsignedSource,
  { address, publicKeys, secretKeys }: ImportingAccount,
  { box, importedAt }: { readonly box: Box; readonly importedAt: number },
): SealedUnsigned {
  const { signingKey, recipient } = publicKeys;
  const origin: Origin = { kind: "import", importedAt };
  return seal(message, [recipient], async (headers, body) => {
    const recipientDigest = await digestRecipient(recipient);
    const importer: Importer = { address, box, signingKey, recipientDigest };
    return await signImport(secretKeys.signingSeed, envelopeOf(headers, body, origin, importer));
  });
}

function seal(
  { source, headers }: UnsignedSource,
  recipients: readonly string[],
  sign: (headers: Headers, body: BodySeal) => Bytes | Promise<Bytes>,
): SealedUnsigned {
  const digester = new PieceDigester();
  const fileKey = generateFileKey();
  let signed: Promise<Bytes> | null = null;
  const envelope = () => signed ??= signNow();
  const signNow = async () => {
    const body = { fileKey, ...digester.digests, encodedBytes: null };
    return await sign(await identified(await headers(), body), body);
  };
  return {
    payload: sealPayload(fileKey, digester.pass(source)),
    digests: () => digester.digests,
    envelope,
    envelopes: async () => {
      const content = await envelope();
      return await Promise.all(recipients.map((recipient) => sealFile(recipient, content)));
    },
  };
}

/** What is not headers and digests: origin, importer, signature, and the seal of age. */
const otherBytes = 8 * 1024;

function envelopeOf(
  headers: Headers,
  body: BodySeal,
  origin: Origin,
  importer: Importer | null,
): UnsignedEnvelope {
  const room = limits.maxEnvelopeBytes - otherBytes - 32 * body.bodyPieces.length;
  return { ...fitHeaders(headers, room), ...body, origin, importer };
}

async function identified(headers: UnsignedHeaders, digests: BodyDigests): Promise<Headers> {
  return { ...headers, messageId: headers.messageId ?? await idByContent(digests) };
}

/** Names a message that has no id by what is in it: the same every time. RFC 2606 keeps the domain from being anybody's. */
export async function idByContent({ bodyPieces }: BodyDigests): Promise<string> {
  const digest = (await sha256(concatBytes(bodyPieces))).toHex().slice(0, 32);
  return `${digest}@content.invalid`;
}
