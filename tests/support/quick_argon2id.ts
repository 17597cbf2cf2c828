/**
 * Argon2id takes half a second of processor to stretch a password, which tests do a thousand times. In the processes
 * that they start, and where they make accounts, SHA-256 of all that goes into it stands in for it. Real are the unit
 * tests of passwords, the session of README.md, and the second client of `interop`.
 */

const passwords = new WeakMap<CryptoKey, string>();

/** Has Web Crypto stretch passwords by SHA-256, for the rest of this process. */
export function stretchQuickly(): void {
  const { importKey, deriveBits } = SubtleCrypto.prototype;
  crypto.subtle.importKey = async function (
    this: SubtleCrypto,
    ...args: Parameters<typeof importKey>
  ) {
    const key = await importKey.apply(this, args);
    if (args[2] === "Argon2id") passwords.set(key, (args[1] as Uint8Array).toHex());
    return key;
  } as typeof importKey;
  crypto.subtle.deriveBits = function (this: SubtleCrypto, algorithm, key, length) {
    const password = passwords.get(key);
    if (password === undefined) return deriveBits.call(this, algorithm, key, length);
    const { nonce, memory, passes, parallelism } = algorithm as unknown as Argon2id;
    const all = [password, nonce.toHex(), memory, passes, parallelism, length].join(" ");
    return this.digest("SHA-256", new TextEncoder().encode(all));
  };
}

/** Numbers as Web Crypto takes them. */
interface Argon2id {
  readonly nonce: Uint8Array;
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}
