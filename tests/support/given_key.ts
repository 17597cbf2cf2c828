/** Preloaded into a server whose key is not what a test is about: the RSA key that it makes is the one beside this file. */
import kept from "./server_key.json" with { type: "json" };

const { subtle } = crypto;
const generateKey = subtle.generateKey.bind(subtle) as (...args: unknown[]) => Promise<unknown>;

async function give(...args: unknown[]): Promise<unknown> {
  const [algorithm, extractable] = args as [RsaHashedKeyGenParams | string, boolean];
  if (typeof algorithm === "string" || algorithm.name !== "RSA-OAEP") return generateKey(...args);
  const der = Uint8Array.fromHex(kept.pkcs8);
  return { privateKey: await subtle.importKey("pkcs8", der, algorithm, extractable, ["decrypt"]) };
}

Object.defineProperty(subtle, "generateKey", { value: give });
