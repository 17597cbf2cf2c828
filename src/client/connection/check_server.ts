/** How a client tells whether a server is the right one. */
import type { ServerHello } from "../../crypto/session/handshake.ts";
import type { Ticket } from "../../crypto/session/ticket.ts";

/** What a server that is the right one is held to. */
export interface Trust {
  /** What the server gave before; null: it proves itself by RSA. */
  readonly ticket: Ticket | null;
  /** Done once the server has proved itself, before the first reply is handed out, with what it gives for later. */
  readonly onProved: (given: Ticket) => Promise<void>;
  /**
   * True: no call goes out before that proof. The hello is not signed, so whoever stands in between may have put keys of
   * its own beside the server's; only the confirm tells.
   */
  readonly proofFirst: boolean;
}

/** Decides whether a server is the right one, before anything is told to it. @throws {MailError} if it is not */
export type CheckServer = (hello: ServerHello) => Promise<Trust>;
