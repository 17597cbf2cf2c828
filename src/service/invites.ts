/** Who may make an account: the server's policy, and the invites that open it. */
import { sha256 } from "../crypto/fingerprint.ts";
import { concatBytes, randomBytes, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { notInvited } from "../store/failures.ts";
import type { InviteUse, Store } from "../store/store.ts";

/** `open`: anybody; `invite`: whoever has an invite; `closed`: only the server's administrator makes accounts. */
export type Registration = "open" | "invite" | "closed";

export const registrations: readonly Registration[] = ["open", "invite", "closed"];

/** Guessing one takes longer than the sun has. */
const tokenBytes = 16;

export interface InviteWish {
  readonly uses: number;
  readonly expiresInMs: number;
  /** Null: the server's quota. */
  readonly maxBytes: number | null;
  readonly provisioning: boolean;
}

/** Who gets in where nobody said: on a server that only its own machine reaches, everybody. */
export function defaultRegistration(listeningHost: string): Registration {
  const isLoopback = listeningHost === "localhost" || listeningHost === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(listeningHost);
  return isLoopback ? "open" : "invite";
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
   * Makes an invite. Its token is told here and never again.
   * @throws {MailError} `configuration` where the server is closed to everybody who could use it
   */
  async create(wish: InviteWish): Promise<{ token: Uint8Array; expiresAt: number }> {
    if (this.#policy === "closed" && !wish.provisioning) throw closed("configuration", "invite");
    const token = randomBytes(tokenBytes);
    const { uses, expiresInMs, maxBytes, provisioning } = wish;
    const now = this.#now();
    const expiresAt = now + expiresInMs;
    const invite = { uses, expiresAt, maxBytes, provisioning, tokenHash: await hashOf(token) };
    await this.#store.addInvite(invite, now);
    return { token, expiresAt };
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

function hashOf(token: Uint8Array): Promise<Uint8Array> {
  return sha256(concatBytes([utf8("mailctl invite v1\0"), token]));
}

function uninvited(policy: "invite" | "closed"): MailError {
  if (policy === "closed") return closed("denied", "register");
  return new MailError("denied", "Cannot register: the server takes new accounts by invite only", {
    hint: "Ask its administrator for an invite; then: mailctl register NAME --invite-file FILE",
  });
}

function closed(code: "denied" | "configuration", act: string): MailError {
  return new MailError(code, `Cannot ${act}: the server takes no new accounts`, {
    hint: "Its administrator can make one with `mailctl admin import`.",
  });
}
