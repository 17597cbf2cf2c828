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
  Box,
  Headers,
  Importer,
  Origin,
  SmtpOrigin,
  UnsignedEnvelope,
} from "../../model/message.ts";
import { sealBody } from "./body.ts";
import { sealEnvelope } from "./envelope.ts";
import { sha256 } from "../fingerprint.ts";
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
  /** The age header of the body, for each recipient in the order they were given. */
  readonly bodyHeaders: readonly Bytes[];
  /** What goes behind any of them. It has to be read to its end before the rest is asked for. */
  readonly payload: AsyncIterable<Uint8Array>;
  /** What holds the body to its envelopes; once the payload was read. */
  digests(): BodyDigests;
  /** The sealed envelopes, in the order of the recipients; once the payload was read. */
  envelopes(): Promise<Bytes[]>;
}

/** Seals a message from outside to the age recipients of accounts. Nobody signs it. */
export function sealUnsigned(
  message: UnsignedSource,
  recipients: readonly string[],
  origin: SmtpOrigin,
): Promise<SealedUnsigned> {
  return seal(message, recipients, (headers, digests) => {
    return encodeUnsigned(envelopeOf(headers, digests, origin, null));
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
): Promise<SealedUnsigned> {
  const { signingKey, recipient } = publicKeys;
  const importer: Importer = { address, box, signingKey, recipient };
  const origin: Origin = { kind: "import", importedAt };
  return seal(message, [recipient], (headers, digests) => {
    return signImport(secretKeys.signingSeed, envelopeOf(headers, digests, origin, importer));
  });
}

async function seal(
  { source, headers }: UnsignedSource,
  recipients: readonly string[],
  sign: (headers: Headers, digests: BodyDigests) => Bytes | Promise<Bytes>,
): Promise<SealedUnsigned> {
  const digester = new PieceDigester();
  const body = await sealBody(digester.pass(source), recipients);
  return {
    bodyHeaders: body.headers,
    payload: body.payload,
    digests: () => digester.digests,
    envelopes: async () => {
      const signed = await sign(
        await identified(await headers(), digester.digests),
        digester.digests,
      );
      return await Promise.all(recipients.map((recipient) => sealEnvelope(recipient, signed)));
    },
  };
}

/** What is not headers and digests: origin, importer, signature, and the seal of age. */
const otherBytes = limits.maxAgeHeaderBytes + 6 * 1024;

function envelopeOf(
  headers: Headers,
  digests: BodyDigests,
  origin: Origin,
  importer: Importer | null,
): UnsignedEnvelope {
  const room = limits.maxEnvelopeBytes - otherBytes - 32 * digests.bodyPieces.length;
  return { ...fitHeaders(headers, room), ...digests, origin, importer };
}

/** Names a message that has no id by what is in it: the same every time. RFC 2606 keeps the domain from being anybody's. */
async function identified(headers: UnsignedHeaders, digests: BodyDigests): Promise<Headers> {
  const digest = (await sha256(concatBytes(digests.bodyPieces))).toHex().slice(0, 32);
  return { ...headers, messageId: headers.messageId ?? `${digest}@content.invalid` };
}
