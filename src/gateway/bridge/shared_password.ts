/** Logins in which the password of the bridge is proved and never said: who took the port instead learns nothing. */
import { deriveScramKeys, type ScramKeys } from "../../crypto/account/scram.ts";
import { hmacSha256 } from "../../crypto/hmac.ts";
import { equalBytes, randomBytes, utf8 } from "../../model/bytes.ts";

/** RFC 7677 4 has 4096 at least; the password has 128 random bits, which no guessing gets through anyway. */
const iterations = 4096;
const saltBytes = 16;

export class SharedPassword {
  readonly #password: string;
  readonly #isName: (name: string) => boolean;
  readonly #keys: Promise<ScramKeys>;

  /** `isName`: tells the names of the one account that the password is for. */
  constructor(password: string, isName: (name: string) => boolean) {
    this.#password = password;
    this.#isName = isName;
    this.#keys = this.#saltOf("").then((salt) => deriveScramKeys(password, salt, iterations));
  }

  /** Finds the keys of SCRAM-SHA-256. A name that is nobody's has some as well, always with the same salt. */
  async scramKeys(name: string): Promise<ScramKeys> {
    const isKnown = this.#isName(name);
    const salt = await this.#saltOf(isKnown ? "" : name);
    const keys = await this.#keys;
    return isKnown ? keys : { ...keys, salt, storedKey: randomBytes(32) };
  }

  /** Checks the digest of APOP (RFC 1939 7) over what the greeting said. */
  async provesByApop(name: string, greeted: string, digest: string): Promise<boolean> {
    const { hash } = await import("node:crypto");
    const right = hash("md5", utf8(greeted + this.#password), "hex");
    const isDigest = equalBytes(utf8(digest.toLowerCase()), utf8(right));
    return this.#isName(name) && isDigest;
  }

  async #saltOf(name: string): Promise<Uint8Array> {
    const salt = await hmacSha256(utf8(this.#password), [utf8(`mailctl bridge salt v1\0${name}`)]);
    return salt.subarray(0, saltBytes);
  }
}
