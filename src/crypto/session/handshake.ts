/**
 * The key exchange inside TLS: WIRE.md 3. RSA, or a ticket, proves who the server is; the ephemeral X25519 and ML-KEM
 * keys keep recorded sessions shut should either ever leak, also against a later quantum computer.
 */
import { type Bytes, concatBytes, randomBytes, utf8 } from "../../model/bytes.ts";
import { asTranscript, type ServerFingerprint, type Transcript } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import {
  bytes,
  decode,
  encode,
  fixed,
  optional,
  struct,
  u16,
  type Value,
} from "../../wire/fields.ts";
import { encodeFrame } from "../../wire/frame.ts";
import { deriveKeys } from "../derive.ts";
import { serverFingerprint, sha256 } from "../fingerprint.ts";
import {
  agreeX25519,
  decapsulate,
  encapsulate,
  encryptRsa,
  exportMlKem,
  exportX25519,
  generateMlKem,
  generateX25519,
} from "./key_agreement.ts";
import { type Ticket, ticketId, type TicketSecret } from "./ticket.ts";

/** The versions of the protocol that this program speaks. */
export const protocolVersions = { least: 2, most: 2 } as const;

const hello = struct({
  leastVersion: u16,
  mostVersion: u16,
  /** DER SubjectPublicKeyInfo of the RSA key. */
  serverKey: bytes(1024),
  random: fixed(32),
  x25519: fixed(32),
  mlKem: fixed(1184),
});

const exchange = struct({
  version: u16,
  random: fixed(32),
  x25519: fixed(32),
  mlKem: fixed(1088),
  /** One of the two is there. */
  ticket: optional(ticketId),
  rsa: optional(bytes(1024)),
});

/** The server's long-lived RSA key, wherever its private half is kept. */
export interface ServerKey {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Decrypts RSA-OAEP-256; null for every failure. */
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array | null>;
  readonly ticketSecret: TicketSecret;
}

/** One AES-256-GCM key a direction, and the digest of all that was said to agree on them. */
export interface SessionKeys {
  readonly toServer: CryptoKey;
  readonly toClient: CryptoKey;
  readonly transcript: Transcript;
}

/** What the server waits with between its hello and the client's answer. */
export interface ServerHandshake {
  /** Payload of the hello frame. */
  readonly hello: Bytes;
  /**
   * Takes the payload of the exchange frame. Never fails for a wrong secret: the keys are then such that no
   * frame opens, so that every failure is one answer after one path.
   * @throws {MailError} `protocol` for a payload that is not one.
   */
  finish(exchangePayload: Bytes): Promise<SessionKeys>;
}

/** Makes fresh ephemeral keys and the hello that carries them. */
export async function beginHandshake(key: ServerKey): Promise<ServerHandshake> {
  const [x25519, mlKem] = await Promise.all([generateX25519(), generateMlKem()]);
  const payload = encode(hello, {
    leastVersion: protocolVersions.least,
    mostVersion: protocolVersions.most,
    serverKey: key.spki,
    random: randomBytes(32),
    x25519: await exportX25519(x25519.publicKey),
    mlKem: await exportMlKem(mlKem.publicKey),
  });
  return {
    hello: payload,
    async finish(exchangePayload) {
      const said = decode(exchange, exchangePayload);
      if (said.version < protocolVersions.least || said.version > protocolVersions.most) {
        throw new MailError("protocol", `Cannot use version ${said.version} of the protocol`);
      }
      const secrets = await Promise.all([
        orRandom(proofSecret(key, said)),
        orRandom(agreeX25519(x25519.privateKey, said.x25519)),
        orRandom(decapsulate(mlKem.privateKey, said.mlKem)),
      ]);
      return sessionKeys(secrets, payload, exchangePayload);
    },
  };
}

/** What a client reads in a hello before it decides to go on. */
export interface ServerHello {
  readonly leastVersion: number;
  readonly mostVersion: number;
  /** SHA-256 of the server's RSA key (DER SubjectPublicKeyInfo). */
  readonly fingerprint: ServerFingerprint;
  /**
   * Answers the hello, by a ticket of this server's where there is one: the payload of the exchange frame, and the keys.
   * @throws {MailError} `protocol`
   */
  answer(ticket?: Ticket | null): Promise<{ payload: Bytes; keys: SessionKeys }>;
}

/** Reads the payload of a hello frame. @throws {MailError} `protocol` */
export async function readHello(payload: Bytes): Promise<ServerHello> {
  const said = decode(hello, payload);
  return {
    leastVersion: said.leastVersion,
    mostVersion: said.mostVersion,
    fingerprint: await serverFingerprint(said.serverKey),
    answer: (ticket = null) =>
      answerHello(payload, said, ticket).catch((cause) => { // keys that are none: nobody vouches for them yet
        throw new MailError("protocol", "Cannot agree on keys with the server", { cause });
      }),
  };
}

async function answerHello(
  helloPayload: Bytes,
  said: Value<typeof hello>,
  ticket: Ticket | null,
) {
  const secret = ticket?.secret ?? randomBytes(32);
  const [rsa, x25519, mlKem] = await Promise.all([
    ticket === null ? encryptRsa(said.serverKey, secret) : null,
    generateX25519(),
    encapsulate(said.mlKem),
  ]);
  const agreed = await agreeX25519(x25519.privateKey, said.x25519);
  const payload = encode(exchange, {
    version: protocolVersions.most,
    random: randomBytes(32),
    x25519: await exportX25519(x25519.publicKey),
    mlKem: mlKem.ciphertext,
    ticket: ticket?.id ?? null,
    rsa,
  });
  const keys = await sessionKeys([secret, agreed, mlKem.secret], helloPayload, payload);
  return { payload, keys };
}

/** HKDF-SHA-256 over the three secrets, salted with the hash of everything said: WIRE.md 3.3. */
async function sessionKeys(
  secrets: readonly Uint8Array[],
  helloPayload: Bytes,
  exchangePayload: Bytes,
): Promise<SessionKeys> {
  const transcript = await sha256(concatBytes([
    utf8("mailctl session v2\0"),
    encodeFrame({ kind: "hello", payload: helloPayload }),
    encodeFrame({ kind: "exchange", payload: exchangePayload }),
  ]));
  const purposes = ["mailctl client to server", "mailctl server to client"];
  const derived = await deriveKeys(concatBytes(secrets), purposes, transcript);
  const [toServer, toClient] = await Promise.all(derived.map(importFrameKey));
  return { toServer: toServer!, toClient: toClient!, transcript: asTranscript(transcript) };
}

function importFrameKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** What only the server of the hello can tell. @throws {MailError} `protocol` where it is sent twice, or not at all */
function proofSecret(
  key: ServerKey,
  { ticket, rsa }: Pick<Value<typeof exchange>, "ticket" | "rsa">,
): Promise<Uint8Array | null> {
  if (ticket !== null && rsa === null) return key.ticketSecret(ticket);
  if (rsa !== null && ticket === null) return key.decrypt(rsa);
  throw new MailError("protocol", "Cannot agree on keys: one of RSA and a ticket is to prove them");
}

/** A secret that could not be had becomes one that nobody has. */
async function orRandom(secret: Promise<Uint8Array | null>): Promise<Uint8Array> {
  const instead = randomBytes(32);
  const got = await secret.catch(() => null);
  return got?.length === 32 ? got : instead;
}
