/** How often one connection was refused something: each kind ends it at a bound of its own. */
import { limits } from "../../model/limits.ts";
import { isAdministratorsMatter, isTemporary, replyTo, SmtpRefusal } from "./refusal.ts";

const maxUnknownCommands = 10;

export class RefusalCounts {
  #refused = 0;
  #deferred = 0;
  #unknown = 0;
  #unauthenticated = 0;

  /** The content of a message came. */
  onContent(): void {
    this.#unknown = this.#deferred = 0;
  }

  /** Counts a command that there is not, and says how it is refused. */
  unknown(): SmtpRefusal {
    const isLast = ++this.#unknown >= maxUnknownCommands;
    return new SmtpRefusal(isLast ? "too_many_unknown" : "unknown");
  }

  /** Counts a command before the login that it needs. @throws {SmtpRefusal} `too_many_unauthenticated` */
  unauthenticated(): void {
    const isLast = ++this.#unauthenticated >= limits.maxRefusedCommands;
    if (isLast) throw new SmtpRefusal("too_many_unauthenticated");
  }

  /**
   * Counts a refusal; true: it is one too many. That a client has to come again is no mistake of its own: what was
   * taken of its message is to be delivered (RFC 5321 4.5.3.1.10). What is written to the log counts as a mistake does.
   */
  isLast(error: unknown): boolean {
    const isDeferred = isTemporary(replyTo(error)) && !isAdministratorsMatter(error);
    if (isDeferred) return ++this.#deferred === limits.maxDeferredCommands;
    return ++this.#refused === limits.maxRefusedCommands;
  }
}
