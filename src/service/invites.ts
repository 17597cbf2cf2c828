/** Who may make an account: the server's policy, and the invites that open it. */
import { sha256 } from "../crypto/fingerprint.ts";
import { concatBytes, randomBytes, utf8 } from "../model/bytes.ts";
import { asInviteHash, type InviteHash } from "../model/digests.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { isLoopback } from "../model/loopback.ts";
import { notInvited } from "../store/failures.ts";
import type { RequestKey } from "../store/request_store.ts";
import type { Store } from "../store/store.ts";
import type { InviteUse, KeptInvite } from "../store/invite_store.ts";

/** `open`: anybody; `invite`: whoever has an invite; `closed`: only the server's administrator makes accounts. */
export type Registration = "open" | "invite" | "closed";

/** Guessing one takes longer than the sun has. */
const tokenBytes = 16;
/** Of the hash of a token, as the id of an invite. */
const idBytes = 6;
const idPattern = /^[0-9a-f]{12}$/;

/** What is left of an invite. */
export interface ListedInvite extends Omit<KeptInvite, "tokenHash"> {
  readonly id: string;
}

export interface InviteOptions {
  readonly uses: number;
  readonly expiresInMs: number;
  /** Null: the server's quota. */
  readonly maxBytes: number | null;
  readonly provisioning: boolean;
}

/** Who gets in where nobody said: on a server that only its own machine reaches, everybody. */
export function defaultRegistration(listeningHost: string): Registration {
  return isLoopback(listeningHost) ? "open" : "invite";
}

export class Invites {
  readonly #store: Store;
  readonly #policy: Registration;
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(store: Store, policy: Registration, now: () => number) {
    this.#store = store;
    this.#policy = policy;
    this.#now = now;
  }

  /**
   * Makes an invite. Its token is told here and never again. `under`: the request of an administrator.
   * @throws {MailError} `configuration` where the server is closed to everybody who could use it
   */
  async create(
    query: InviteOptions,
    { token = randomBytes(tokenBytes), under = null }: {
      readonly token?: Uint8Array;
      readonly under?: RequestKey | null;
    } = {},
  ): Promise<{ id: string; token: Uint8Array; expiresAt: number }> {
    if (this.#policy === "closed" && !query.provisioning) throw closed("configuration", "invite");
    const { uses, expiresInMs, maxBytes, provisioning } = query;
    const now = this.#now();
    const tokenHash = await hashOf(token);
    const invite = { uses, expiresAt: now + expiresInMs, maxBytes, provisioning, tokenHash };
    const store = under === null ? this.#store : this.#store.under(under);
    const expiresAt = await store.addInvite(invite, now);
    return { id: idOf(tokenHash), token, expiresAt };
  }

  /** Lists a page of the invites that can be used, by their ids. */
  async list(after: string | null): Promise<ListedInvite[]> {
    const page = {
      now: this.#now(),
      after: after === null ? null : lastHashOf(parseInviteId(after)),
      limit: limits.maxListEntries,
    };
    const kept = await this.#store.invites(page);
    return kept.map(({ tokenHash, ...rest }) => ({ id: idOf(tokenHash), ...rest }));
  }

  /** Makes invites useless: all of them or, where one is not there, none. @throws {MailError} `no_such_message` */
  async revoke(ids: readonly string[], under: RequestKey): Promise<void> {
    await this.#store.under(under).revokeInvites([...new Set(ids)].map(parseInviteId));
  }

  /**
   * Decides whether somebody may register, with or without an invite, before anything else is looked at.
   * Returns what the store wants to know of the invite.
   * @throws {MailError} `denied`
   */
  async admit(token: Uint8Array | null): Promise<InviteUse | null> {
    if (token === null) {
      if (this.#policy !== "open") throw uninvited(this.#policy);
      return null;
    }
    const use = { tokenHash: await hashOf(token), now: this.#now() };
    const invite = await this.#store.findInvite(use);
    if (invite === null) throw notInvited();
    if (this.#policy === "closed" && !invite.provisioning) throw closed("denied", "register");
    return use;
  }
}

/** Names an invite: the token cannot be told from it, and two of the same id go together when one is revoked. */
function idOf(tokenHash: InviteHash): string {
  return tokenHash.subarray(0, idBytes).toHex();
}

/** @throws {MailError} `malformed` */
function parseInviteId(text: string): Uint8Array {
  if (idPattern.test(text)) return Uint8Array.fromHex(text);
  throw new MailError(
    "malformed",
    `Cannot use "${text}" as the id of an invite: it needs 12 hexadecimal digits`,
  );
}

/** The highest hash that a page may have ended with. */
function lastHashOf(id: Uint8Array): InviteHash {
  const last = new Uint8Array(32).fill(0xff);
  last.set(id);
  return asInviteHash(last);
}

async function hashOf(token: Uint8Array): Promise<InviteHash> {
  return asInviteHash(await sha256(concatBytes([utf8("mailctl invite v1\0"), token])));
}

function uninvited(policy: "invite" | "closed"): MailError {
  if (policy === "closed") return closed("denied", "register");
  return new MailError("denied", "Cannot register: the server requires an invite", {
    hint:
      "Ask the administrator for an invite, then run `mailctl register NAME --invite-file FILE`.",
  });
}

function closed(code: "denied" | "configuration", act: string): MailError {
  return new MailError(code, `Cannot ${act}: the server accepts no new accounts`, {
    hint: "Ask the administrator to run `mailctl admin import FILE`.",
  });
}
