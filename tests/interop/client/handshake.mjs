/** WIRE 3: the server proves its RSA key, or a ticket of it; both sides agree on two keys. */
import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { connect as connectByTls } from "node:tls";
import { hkdf, join, nothing, randomBytes, sha256 } from "./bytes.mjs";
import { bytes, decode, encode, fixed, optional, struct, u16 } from "./fields.mjs";
import { Frames, kinds } from "./frames.mjs";
import { mlKem768, x25519 } from "./noble.mjs";
import { failure } from "./structures.mjs";

const version = 2;

const hello = struct({
  leastVersion: u16,
  mostVersion: u16,
  serverKey: bytes,
  random: fixed(32),
  x25519: fixed(32),
  mlKem: fixed(1184),
});

const exchange = struct({
  version: u16,
  random: fixed(32),
  x25519: fixed(32),
  mlKem: fixed(1088),
  ticket: optional(fixed(16)),
  rsa: optional(bytes),
});

const serverConfirm = struct({
  transcript: fixed(32),
  certificate: optional(fixed(32)),
  ticketId: fixed(16),
  ticketSecret: fixed(32),
});

/**
 * Connects to `host`, `port`, and agrees on keys with the server of that fingerprint. `noted` is what an earlier
 * connection returned of its name: by its ticket RSA is spared, by its certificate a round trip (3.4).
 * @returns frames that are sealed, the transcript, and `confirmed`, which gives what to note for the next time
 */
export async function shakeHands({ host, port, fingerprint }, noted = null) {
  const frames = new Frames(await connect(host, port));
  try {
    return await agree(frames, fingerprint, noted);
  } catch (error) {
    frames.close();
    throw error;
  }
}

async function agree(frames, fingerprint, noted) {
  const { said, whole } = await readHello(frames, fingerprint);
  const { sent, secrets } = answer(frames, said, noted?.ticket ?? null);
  const transcript = sha256("mailctl session v2\0", whole, sent);
  frames.useKeys({
    toServer: hkdf(secrets, transcript, "mailctl client to server"),
    toClient: hkdf(secrets, transcript, "mailctl server to client"),
  });
  frames.send(kinds.confirm, transcript);
  const confirmed = readConfirm(frames, transcript);
  const isRecognised = noted !== null &&
    noted.certificate.equals(sha256(frames.certificate));
  if (!isRecognised) await confirmed; // whoever ends TLS may have put keys of his own into the hello
  return { frames, transcript, confirmed };
}

/** Nothing is believed of the certificate yet: the confirm tells which one it has to be. */
function connect(host, port) {
  return new Promise((resolve, reject) => {
    const options = { host, port, minVersion: "TLSv1.3", rejectUnauthorized: false };
    const socket = connectByTls(options, () => resolve(socket));
    socket.once("error", reject);
  });
}

async function readHello(frames, fingerprint) {
  const { kind, payload, whole } = await frames.next();
  if (kind === kinds.error) {
    throw new Error(`the server: ${decode(failure, payload).message}`);
  }
  if (kind !== kinds.hello) {
    throw new Error("the server did not begin with a hello");
  }
  const said = decode(hello, payload);
  if (!sha256(said.serverKey).equals(fingerprint)) {
    throw new Error("this is not the server of the fingerprint");
  }
  if (version < said.leastVersion || version > said.mostVersion) {
    throw new Error(`the server does not speak version ${version}`);
  }
  return { said, whole };
}

/** Sends the exchange (3.2); returns it with the secrets that are agreed on (3.3). */
function answer(frames, said, ticket) {
  const own = x25519.keygen();
  const { cipherText, sharedSecret } = mlKem768.encapsulate(said.mlKem);
  const proof = randomBytes(32);
  const sent = frames.send(
    kinds.exchange,
    encode(exchange, {
      version,
      random: randomBytes(32),
      x25519: own.publicKey,
      mlKem: cipherText,
      ticket: ticket?.id,
      rsa: ticket === null ? encryptByRsa(said.serverKey, proof) : null,
    }),
  );
  const agreed = x25519.getSharedSecret(own.secretKey, said.x25519);
  return { sent, secrets: join(ticket?.secret ?? proof, agreed, sharedSecret) };
}

function encryptByRsa(key, secret) {
  return publicEncrypt({
    key: createPublicKey({ key, format: "der", type: "spki" }),
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha256",
    oaepLabel: nothing,
  }, secret);
}

/** Reads the server's confirm (3.4): what to note of it for the next connection. */
async function readConfirm(frames, transcript) {
  const { kind, payload } = await frames.next();
  if (kind !== kinds.confirm) throw new Error("the server did not confirm");
  const said = decode(serverConfirm, payload);
  if (!said.transcript.equals(transcript)) {
    throw new Error("the server has another transcript");
  }
  if (!said.certificate?.equals(sha256(frames.certificate))) {
    throw new Error("the certificate is not the server's");
  }
  const ticket = { id: said.ticketId, secret: said.ticketSecret };
  return { certificate: said.certificate, ticket };
}
