/** Sends what waits in the queue, and notes what becomes of it. */
import type { Mailbox } from "../mailbox.ts";
import type { LocalAliases } from "./local_aliases.ts";
import type { Claim, Spool } from "./spool.ts";
import { failures, MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";

/** What a try came to. */
export interface Tried {
  readonly outcome: "sent" | "waiting" | "failed";
  /** Why it is not sent; null where it is. */
  readonly error: MailError | null;
}

/** Who sends a message, and where: as the queue has it. */
export type QueueAccount = Pick<Claim, "server" | "user">;

const automaticMs = 10_000;

/**
 * Tries a message, once its mailbox is open. What is sent leaves the queue; with anything else it is noted why, and
 * whether trying again can help. The claim stays the caller's.
 */
export async function tryClaim(
  opening: Promise<Mailbox>,
  claim: Claim,
  { isNew, aliases }: { readonly isNew: boolean; readonly aliases: LocalAliases | null },
): Promise<Tried> {
  try {
    const { submit, submitAgain } = await import("./submit.ts");
    await (isNew ? submit : submitAgain)(await opening, claim, aliases);
  } catch (cause) {
    const error = asMailError(cause);
    const isFailed = !failures[error.code].retry;
    await noteFailure(claim, error, isFailed);
    return { outcome: isFailed ? "failed" : "waiting", error };
  }
  await bestEffort(claim.remove()); // it would be sent under the same key, and stored once
  return { outcome: "sent", error: null };
}

/** Notes why a message was not sent; it is in the queue whether or not that can be written. */
export async function noteFailure(
  claim: Claim,
  { code, message }: MailError,
  isFailed: boolean,
): Promise<void> {
  const state = { tries: claim.tries + 1, failure: { code, message }, isFailed };
  await bestEffort(claim.note(state)); // the caller tells of the failure itself
}

export interface WaitingOptions {
  readonly aliases: LocalAliases | null;
  /** Hears what cannot be sent any more; it stays in the queue, with the reason. */
  readonly onFailed?: ((claim: Claim, error: MailError) => void) | undefined;
}

/**
 * Sends what waits for an account: not what has failed, and nothing more once some time has passed. Returns whether
 * something still waits.
 */
export async function sendWaiting(
  spool: Spool,
  mailbox: Mailbox,
  account: QueueAccount,
  { aliases, onFailed }: WaitingOptions,
): Promise<boolean> {
  const end = performance.now() + automaticMs;
  for (const id of await spool.ids()) {
    if (performance.now() > end) return true;
    const claim = await spool.claim(id).catch(() => null); // `queue` tells of a damaged one
    if (claim === null) continue;
    try {
      if (!isSame(claim, account) || claim.isFailed) continue;
      // A server that is gone, or has no time, has none for the next one either.
      const query = { isNew: false, aliases };
      const { outcome, error } = await tryClaim(Promise.resolve(mailbox), claim, query);
      if (outcome === "waiting") return true;
      if (outcome === "failed") onFailed?.(claim, error!);
    } finally {
      claim.release();
    }
  }
  return false;
}

/** The fingerprint that may stand with the server tells nothing of whose mail it is. */
function isSame(a: QueueAccount, b: QueueAccount): boolean {
  const place = ({ server, user }: QueueAccount) => `${server?.replace(/#.*/, "")} ${user}`;
  return place(a) === place(b);
}

/** What is no failure of ours to tell of is a defect, and must not be tried for ever. */
function asMailError(error: unknown): MailError {
  if (error instanceof MailError) return error;
  return new MailError("internal", "Cannot continue: this is a bug in mailctl", { cause: error });
}
