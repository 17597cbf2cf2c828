/** WIRE 3: the handshake, on the client's side. */

import { constants, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { deriveKey, hex, insist, join, same, utf8 } from "./bytes.mjs";
import { bytes, decode, encode, optional, raw, structure, u16 } from "./fields.mjs";
import { direction, frame, kind, lengthBeforeLogin, Seal } from "./frames.mjs";
import { failure } from "./operations.mjs";
import { mlKem768, sha256, x25519 } from "./noble.mjs";

const version = 2;

/** WIRE 3.1 */
const hello = structure({
  leastVersion: u16,
  mostVersion: u16,
  serverKey: bytes,
  random: raw(32),
  x25519: raw(32),
  mlKem: raw(1184),
});

/** WIRE 3.2 */
const exchange = structure({
  version: u16,
  random: raw(32),
  x25519: raw(32),
  mlKem: raw(1088),
  ticket: optional(raw(16)),
  rsa: optional(bytes),
});

/** WIRE 3.4 */
const serverConfirm = structure({
  transcript: raw(32),
  certificate: optional(raw(32)),
  ticket: structure({ id: raw(16), secret: raw(32) }),
});

/** WIRE 3.1: in the place of a hello there may be an unsealed error. */
async function readHello(reader, fingerprint) {
  const received = await reader.read(lengthBeforeLogin);
  if (received.kind === kind.error) {
    const { message } = decode(failure, received.payload);
    throw new Error(`refused before the handshake: ${message}`);
  }
  insist(received.kind === kind.hello, "no hello");
  const said = decode(hello, received.payload);
  insist(
    hex(sha256(said.serverKey)) === fingerprint,
    "this is not the server of the fingerprint",
  );
  insist(
    said.leastVersion <= version && version <= said.mostVersion,
    "no version in common",
  );
  return { said, whole: received.whole };
}

/** WIRE 3.2: RSA-OAEP with SHA-256, MGF1 with SHA-256, empty label. */
function encryptRsa(serverKey, secret) {
  const key = createPublicKey({ key: serverKey, format: "der", type: "spki" });
  return publicEncrypt(
    { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    secret,
  );
}

/** WIRE 3.2, 3.3: the exchange frame, by a ticket where there is one, and the three secrets joined. */
function answerHello(said, ticket) {
  const secret = ticket?.secret ?? randomBytes(32);
  const ephemeral = x25519.keygen();
  const { cipherText, sharedSecret } = mlKem768.encapsulate(said.mlKem);
  const payload = encode(exchange, {
    version,
    random: randomBytes(32),
    x25519: ephemeral.publicKey,
    mlKem: cipherText,
    ticket: ticket?.id,
    rsa: ticket === undefined ? encryptRsa(said.serverKey, secret) : undefined,
  });
  const agreed = x25519.getSharedSecret(ephemeral.secretKey, said.x25519);
  return {
    whole: frame(kind.exchange, payload),
    secrets: join(secret, agreed, sharedSecret),
  };
}

/** Reads the hello; gives what to send next, the keys and the transcript. WIRE 3.3, 3.4 */
export async function shakeHands(reader, fingerprint, ticket) {
  const server = await readHello(reader, fingerprint);
  const answer = answerHello(server.said, ticket);
  const transcript = sha256(
    join(utf8("mailctl session v2\0"), server.whole, answer.whole),
  );
  const key = (info) => deriveKey(answer.secrets, transcript, info);
  const toServer = new Seal(
    key("mailctl client to server"),
    direction.toServer,
  );
  const toClient = new Seal(
    key("mailctl server to client"),
    direction.toClient,
  );
  const flight = join(answer.whole, toServer.frame(kind.confirm, transcript));
  return { flight, toServer, toClient, transcript };
}

/** WIRE 3.4: both the transcript and the certificate that was seen are the server's. Gives the ticket. */
export function checkConfirm(payload, transcript, certificate) {
  const confirm = decode(serverConfirm, payload);
  insist(
    same(confirm.transcript, transcript),
    "the server confirms another transcript",
  );
  insist(
    confirm.certificate !== undefined &&
      same(confirm.certificate, sha256(certificate)),
    "the TLS certificate is not the server's",
  );
  return confirm.ticket;
}
