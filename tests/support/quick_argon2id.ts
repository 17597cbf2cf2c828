/**
 * Argon2id takes half a second of processor to stretch a password, which tests do a thousand times. In the processes
 * that they start, and where they make accounts, SHA-256 of all that goes into it stands in for it. Real are the unit
 * tests of passwords, the session of README.md, and the second client of `interop`.
 */

const passwords = new WeakMap<CryptoKey, string>();

const { importKey: realImportKey, deriveBits: realDeriveBits } = SubtleCrypto.prototype;

/** Stretches a password by Argon2id itself, whatever stands in for it in this process; 32 bytes. */
export async function stretchTruly(password: string, algorithm: Argon2id): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(password);
  const raw = "raw-secret" as "raw";
  const key = await realImportKey.call(crypto.subtle, raw, bytes, "Argon2id", false, [
    "deriveBits",
  ]);
  const named = { name: "Argon2id", ...algorithm };
  return new Uint8Array(await realDeriveBits.call(crypto.subtle, named, key, 256));
}

/** Has Web Crypto stretch passwords by SHA-256, for the rest of this process. */
export function stretchQuickly(): void {
  crypto.subtle.importKey = async function (
    this: SubtleCrypto,
    ...args: Parameters<typeof realImportKey>
  ) {
    const key = await realImportKey.apply(this, args);
    if (args[2] === "Argon2id") passwords.set(key, (args[1] as Uint8Array).toHex());
    return key;
  } as typeof realImportKey;
  crypto.subtle.deriveBits = function (this: SubtleCrypto, algorithm, key, length) {
    const password = passwords.get(key);
    if (password === undefined) return realDeriveBits.call(this, algorithm, key, length);
    const { nonce, memory, passes, parallelism } = algorithm as unknown as Argon2id;
    const all = [password, nonce.toHex(), memory, passes, parallelism, length].join(" ");
    return this.digest("SHA-256", new TextEncoder().encode(all));
  };
}

/** Numbers as Web Crypto takes them. */
export interface Argon2id {
  readonly nonce: Uint8Array;
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}
