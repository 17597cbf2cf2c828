/**
 * A server's RSA key takes the better part of a second of processor to make. In the processes that tests start, one of
 * its primes is the same for all, and so long that the other one is found in no time: keys are as long as they are,
 * each is another one, and nobody must use them. Real are one of `unit/server/key` and those of the session of README.md.
 */

const encoding = { alphabet: "base64url", omitPadding: true } as const;
const exponent = 65_537n;

/** 2560 bits. */
const prime = BigInt(
  "0x" +
    "c0b585487a325e51d44cecac45228a0ae1630678967d226710abdde98ee2bd10f4b99957b03fc9f30105ca09" +
    "7fb10c07402fff71e1a70a5fc1e2cec62f181b328862bf29b8180d19b8774049c36cc067217bc78cd3645c9d" +
    "07b283fcd19a725b9e537861a1730ee35299a42da413cd19b579de79692284cb08b7743cc4c6e2aae9514b24" +
    "73004186923b85c1916f53e903435db1a653dac4f149029e2479fb1e6039c17d9b0c66de47a3bc6d3c6b5209" +
    "4fb1b69933d770cc745fccb63d99e80698c7f707ba709736a8af420dca677fac0d38af48ac99cee5d7e32b31" +
    "473aa1829cf48373249bdea923c09f33382d5cfa998b341b3a7b38bb283e9e40c48c5e5a04e98f1bd668c68a" +
    "5846a64f1e5c293e784e00952da85a7603f106a18c7606741b3c37c704a36d45040ae5a9ac75206fb15a07c0" +
    "29fd3a08390707087673c129",
);

const { subtle } = crypto;
const realGenerateKey = subtle.generateKey.bind(subtle) as (...args: unknown[]) => Promise<unknown>;

/** Has Web Crypto make keys for RSA-OAEP of 3072 bits in this way, for the rest of this process. Only the private half is made. */
export function makeKeysQuickly(): void {
  subtle.generateKey = generateKey as typeof subtle.generateKey;
}

async function generateKey(...args: unknown[]): Promise<unknown> {
  const [algorithm, extractable] = args as [RsaHashedKeyGenParams | string, boolean];
  if (
    typeof algorithm === "string" || algorithm.name !== "RSA-OAEP" ||
    algorithm.modulusLength !== 3072
  ) {
    return await realGenerateKey(...args);
  }
  const jwk = await makeKey();
  return { privateKey: await subtle.importKey("jwk", jwk, algorithm, extractable, ["decrypt"]) };
}

/** Makes a pair of 3072 bits in this way; both halves can be exported. */
export async function makePairQuickly(name: "RSA-OAEP" | "RSA-PSS"): Promise<CryptoKeyPair> {
  const jwk = await makeKey();
  const { kty, n, e } = jwk;
  const [own, others] = name === "RSA-PSS" ? ["sign", "verify"] : ["decrypt", "encrypt"];
  const load = (key: JsonWebKey, usage: string) =>
    subtle.importKey("jwk", key, { name, hash: "SHA-256" }, true, [usage as KeyUsage]);
  return {
    privateKey: await load(jwk, own!),
    publicKey: await load({ kty: kty!, n: n!, e: e! }, others!),
  };
}

async function makeKey(): Promise<JsonWebKey> {
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 1024 };
  const publicExponent = new Uint8Array([1, 0, 1]);
  const short = await realGenerateKey({ ...algorithm, publicExponent }, true, ["decrypt"]);
  const { p } = await subtle.exportKey("jwk", (short as CryptoKeyPair).privateKey);
  return keyOf(prime, BigInt(`0x${Uint8Array.fromBase64(p!, encoding).toHex()}`));
}

/** RFC 8017, 3.2. */
function keyOf(p: bigint, q: bigint): JsonWebKey {
  const d = inverse(exponent, (p - 1n) * (q - 1n));
  const numbers = {
    ...{ n: p * q, e: exponent, d, p, q },
    ...{ dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) },
  };
  const texts = Object.entries(numbers).map(([name, value]) => [name, base64Of(value)]);
  return { kty: "RSA", ...Object.fromEntries(texts) };
}

/** The extended algorithm of Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, factor, nextFactor] = [modulus, value, 0n, 1n];
  while (next > 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return (factor + modulus) % modulus;
}

function base64Of(value: bigint): string {
  const hex = value.toString(16);
  return Uint8Array.fromHex(hex.length % 2 === 0 ? hex : `0${hex}`).toBase64(encoding);
}
