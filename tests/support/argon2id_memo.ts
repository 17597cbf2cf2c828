/**
 * Argon2id takes half a second of processor to stretch a password. The same password with the same parameters has the
 * same result: in one process it is computed once.
 */
const passwords = new WeakMap<CryptoKey, string>();
const stretched = new Map<string, Promise<ArrayBuffer>>();

/** Has Web Crypto remember what it stretched, for the rest of this process. */
export function rememberArgon2id(): void {
  const { importKey, deriveBits } = crypto.subtle;
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
    const { nonce, ...parameters } = algorithm as unknown as { nonce: Uint8Array };
    const name = JSON.stringify([password, nonce.toHex(), parameters, length]);
    const compute = () => deriveBits.call(this, algorithm, key, length);
    return stretched.getOrInsertComputed(name, compute).then((bits) => bits.slice(0));
  };
}
