/** One recorded key exchange: all that is random in it is given, so that its keys are always the same. */
import { FrameSealer } from "../../src/crypto/session/frame_cipher.ts";
import { beginHandshake, readHello, type SessionKeys } from "../../src/crypto/session/handshake.ts";
import { type Bytes, utf8 } from "../../src/model/bytes.ts";

/** What a server would keep secret, and what both sides said. */
export interface SessionScenario {
  /** DER SubjectPublicKeyInfo of the RSA key. */
  readonly serverKey: Bytes;
  readonly serverRandom: Bytes;
  /** PKCS #8. */
  readonly x25519Private: Bytes;
  readonly x25519Public: Bytes;
  /** FIPS 203 seed: d and z. */
  readonly mlKemSeed: Bytes;
  readonly mlKemPublic: Bytes;
  /** What the RSA ciphertext of the exchange carries. */
  readonly rsaSecret: Bytes;
  readonly hello: Bytes;
  readonly exchange: Bytes;
}

/** The first two sealed frames of each direction, with payloads chosen for the vector. */
export async function firstFrames({ toServer, toClient }: SessionKeys) {
  const upward = new FrameSealer(toServer, "toServer");
  const downward = new FrameSealer(toClient, "toClient");
  return {
    toServer: [
      await upward.seal({ kind: "confirm", payload: utf8("first") }),
      await upward.seal({ kind: "request", payload: new Uint8Array(0) }),
    ],
    toClient: [
      await downward.seal({ kind: "confirm", payload: utf8("first") }),
      await downward.seal({ kind: "end", payload: new Uint8Array([1]) }),
    ],
  };
}

/** Plays the server again with the recorded secrets in the place of fresh ones. */
export async function replayServer(
  scenario: Omit<SessionScenario, "hello" | "exchange" | "rsaSecret">,
) {
  const { serverKey, serverRandom } = scenario;
  const pairs = { X25519: await x25519Pair(scenario), "ML-KEM-768": await mlKemPair(scenario) };
  const subtle = crypto.subtle as unknown as { generateKey?: unknown };
  const source = crypto as unknown as { getRandomValues?: unknown };
  subtle.generateKey = (algorithm: keyof typeof pairs) => Promise.resolve(pairs[algorithm]);
  source.getRandomValues = (bytes: Bytes) => {
    bytes.set(serverRandom);
    return bytes;
  };
  try {
    let rsaSecret: Uint8Array | null = null;
    const server = await beginHandshake({
      spki: serverKey,
      decrypt: () => Promise.resolve(rsaSecret),
      ticketSecret: () => Promise.reject(new Error("no ticket in it")),
    });
    return {
      hello: server.hello,
      finish(exchange: Bytes, secret: Uint8Array): Promise<SessionKeys> {
        rsaSecret = secret;
        return server.finish(exchange);
      },
    };
  } finally {
    delete subtle.generateKey; // uncovers the real ones of the prototype
    delete source.getRandomValues;
  }
}

/** Makes a new scenario. */
export async function makeSession(): Promise<SessionScenario> {
  const rsa = { name: "RSA-OAEP", hash: "SHA-256" };
  const key = await crypto.subtle.generateKey(
    { ...rsa, modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["encrypt", "decrypt"],
  );
  const x25519 = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]) as CryptoKeyPair;
  const usages = ["encapsulateBits", "decapsulateBits"] as unknown as KeyUsage[];
  const mlKem = await crypto.subtle.generateKey("ML-KEM-768", true, usages) as CryptoKeyPair;
  const secrets = {
    serverKey: await exported("spki", key.publicKey),
    serverRandom: crypto.getRandomValues(new Uint8Array(32)),
    x25519Private: await exported("pkcs8", x25519.privateKey),
    x25519Public: await exported("raw", x25519.publicKey),
    mlKemSeed: await exported("raw-seed", mlKem.privateKey),
    mlKemPublic: await exported("raw-public", mlKem.publicKey),
  };
  const { hello } = await replayServer(secrets);
  const { payload: exchange } = await (await readHello(hello)).answer();
  const rsaBytes = 384; // the last field of the exchange
  const sealed = exchange.slice(exchange.length - rsaBytes);
  const rsaSecret = new Uint8Array(await crypto.subtle.decrypt(rsa, key.privateKey, sealed));
  return { ...secrets, rsaSecret, hello, exchange: exchange.slice() };
}

async function exported(format: string, key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey(format as "raw", key));
}

async function x25519Pair({ x25519Private, x25519Public }: {
  readonly x25519Private: Bytes;
  readonly x25519Public: Bytes;
}) {
  const { subtle } = crypto;
  return {
    privateKey: await subtle.importKey("pkcs8", x25519Private, "X25519", false, ["deriveBits"]),
    publicKey: await subtle.importKey("raw", x25519Public, "X25519", true, []),
  };
}

async function mlKemPair({ mlKemSeed, mlKemPublic }: {
  readonly mlKemSeed: Bytes;
  readonly mlKemPublic: Bytes;
}) {
  const load = (format: string, bytes: Bytes, usage: string) =>
    crypto.subtle.importKey(format as "raw", bytes, "ML-KEM-768", true, [usage as KeyUsage]);
  return {
    privateKey: await load("raw-seed", mlKemSeed, "decapsulateBits"),
    publicKey: await load("raw-public", mlKemPublic, "encapsulateBits"),
  };
}
