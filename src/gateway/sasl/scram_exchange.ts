/** The server's side of one SCRAM-SHA-256 exchange, as text without base 64: RFC 5802 5 and 7. */
import { provesPassword, type ScramKeys, signAsServer } from "../../crypto/account/scram.ts";
import { randomBytes, utf8 } from "../../model/bytes.ts";

/** Finds the keys of a name; for one that is nobody's, keys that no password has, in the same time. */
export type FindScramKeys = (name: string) => Promise<ScramKeys>;

/** What the client said in the end. */
export interface ScramOutcome {
  readonly isRight: boolean;
  /** The last word of the server, which proves that it knows the password too; for a right proof only. */
  readonly serverFinal: string;
}

const maxNonceCharacters = 256;
const nonceBytes = 24;

/**
 * gs2-header, then client-first-message-bare. Channel binding (`p=`) is not offered, and `y` says so much. Extensions
 * that have to be understood (`m=`) are none of ours.
 */
const clientFirst = /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([!-+\-.-~]+))(?:,[^]*)?$/;
const clientFinal = /^(c=([^,]+),r=([^,]+)(?:,[^]*)?),p=([^,]+)$/;

export class ScramExchange {
  readonly #find: FindScramKeys;
  readonly #nonce: string;
  #begun: Begun | null = null;

  /** `nonce` is for tests: printable, without a comma. */
  constructor(find: FindScramKeys, nonce = randomBytes(nonceBytes).toBase64()) {
    this.#find = find;
    this.#nonce = nonce;
  }

  /** In whose name the client acts, and who it is; empty before `first`. */
  get names(): { readonly actingAs: string; readonly name: string } {
    return this.#begun ?? { actingAs: "", name: "" };
  }

  /** Answers client-first-message with server-first-message; null: it is malformed, or asks for what is not there. */
  async first(said: string): Promise<string | null> {
    const [, header = "", acting = "", , encodedName = "", nonce = ""] = clientFirst.exec(said) ??
      [];
    const [name, actingAs] = [decodeName(encodedName), decodeName(acting)];
    if (!name || actingAs === null || nonce.length > maxNonceCharacters) return null;
    const keys = await this.#find(name);
    const both = nonce + this.#nonce;
    const serverFirst = `r=${both},s=${keys.salt.toBase64()},i=${keys.iterations}`;
    const bare = said.slice(header.length);
    this.#begun = { keys, name, actingAs, header, nonce: both, messages: `${bare},${serverFirst}` };
    return serverFirst;
  }

  /** Judges client-final-message; null: it is malformed, or answers something else. */
  async final(said: string): Promise<ScramOutcome | null> {
    const begun = this.#begun!;
    const [, withoutProof = "", binding = "", nonce = "", proof = ""] = clientFinal.exec(said) ??
      [];
    const proven = decodeBytes(proof);
    if (proven?.length !== 32 || nonce !== begun.nonce) return null;
    if (binding !== utf8(begun.header).toBase64()) return null;
    const message = `${begun.messages},${withoutProof}`;
    const isRight = await provesPassword(begun.keys, message, proven);
    const signature = await signAsServer(begun.keys, message); // in the same time for all
    return { isRight, serverFinal: isRight ? `v=${signature.toBase64()}` : "" };
  }
}

interface Begun {
  readonly keys: ScramKeys;
  readonly name: string;
  readonly actingAs: string;
  readonly header: string;
  readonly nonce: string;
  readonly messages: string;
}

/** RFC 5802 5.1: `=2C` is a comma and `=3D` an equals sign; null for any other. */
function decodeName(text: string): string | null {
  if (/=(?!2C|3D)|\0/.test(text)) return null;
  return text.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

function decodeBytes(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}
