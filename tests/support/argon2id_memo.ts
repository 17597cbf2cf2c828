/**
 * Argon2id takes half a second of processor to stretch a password. The same password with the same parameters has the
 * same result: in one process it is computed once, or in all that share a folder, and what `stretched_passwords.json`
 * has is not computed at all.
 */
import known from "./stretched_passwords.json" with { type: "json" };

const passwords = new WeakMap<CryptoKey, string>();
const stretched = new Map<string, Promise<ArrayBuffer>>();

/** What `password` of `stretched_passwords.json` was stretched with; each salt is to be one account's, or one group's. */
export const knownSalts: readonly Uint8Array<ArrayBuffer>[] = known.rows
  .map(([salt]) => Uint8Array.fromHex(salt!));

/** Has Web Crypto remember what it stretched, for the rest of this process, and in a folder if one is given. */
export function rememberArgon2id(folder?: string): void {
  const { importKey, deriveBits } = crypto.subtle;
  for (const [nonce = "", bits = ""] of known.rows) {
    const parameters = { memory: known.memoryKiB, passes: known.passes };
    const password = new TextEncoder().encode(known.password).toHex();
    const name = nameOf(password, { nonce, ...parameters, parallelism: 1 }, 256);
    stretched.set(name, Promise.resolve(Uint8Array.fromHex(bits).buffer));
  }
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
    const asked = algorithm as unknown as Argon2id & { nonce: Uint8Array };
    const name = nameOf(password, { ...asked, nonce: asked.nonce.toHex() }, length);
    const derive = () => deriveBits.call(this, algorithm, key, length);
    const compute = () => folder === undefined ? derive() : kept(folder, name, derive);
    return stretched.getOrInsertComputed(name, compute).then((bits) => bits.slice(0));
  };
}

/** Reads the file that is named for what was stretched, or makes it. */
async function kept(
  folder: string,
  name: string,
  derive: () => Promise<ArrayBuffer>,
): Promise<ArrayBuffer> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  const path = `${folder}/${new Uint8Array(digest).toHex()}`;
  const found = await Deno.readFile(path).catch(() => null);
  if (found !== null) return found.buffer;
  const bits = await derive();
  const draft = await Deno.makeTempFile({ dir: folder });
  await Deno.writeFile(draft, new Uint8Array(bits));
  await Deno.rename(draft, path);
  return bits;
}

/** Numbers as Web Crypto takes them. */
interface Argon2id {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

function nameOf(
  password: string,
  { nonce, memory, passes, parallelism }: Argon2id & { readonly nonce: string },
  length: number | null | undefined,
): string {
  return [password, nonce, memory, passes, parallelism, length].join(" ");
}
