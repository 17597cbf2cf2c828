/** SMTP submission at home (RFC 6409): a message is sealed and at the server before the client hears 250. */
import type { Mailbox } from "../../client/mailbox.ts";
import { submitStreamed } from "../../client/submission/submit.ts";
import { takeIn } from "../../mime/intake.ts";
import { isFailure, mayPass } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { mimeBytes } from "../../model/size.ts";
import type { FindScramKeys } from "../sasl/scram_exchange.ts";
import type { SmtpEnvelope, SmtpPolicy, SmtpVisitor } from "../smtp/policy.ts";
import type { OutgoingQueue } from "./outgoing_queue.ts";

export interface SubmissionOptions {
  /** Opens the sender's mailbox on a new connection. */
  readonly open: () => Promise<Mailbox>;
  /** What comes after the @ of addresses without one. */
  readonly domain: string;
  /** Bytes that the server takes of content. */
  readonly maxContentBytes: number;
  /** Null: whoever has the connection needs no password. */
  readonly authenticate: ((name: string, password: string) => Promise<boolean>) | null;
  /** For logins in which the password is not said. */
  readonly scramKeys: FindScramKeys | undefined;
  /** Where mail waits while the server is away; null: it is refused for then. */
  readonly queue: OutgoingQueue | null;
  readonly now: () => number;
}

export function submissionPolicy(options: SubmissionOptions): SmtpPolicy {
  return {
    requiresLogin: options.authenticate !== null,
    scramKeys: options.scramKeys,
    ownDomain: options.domain,
    maxMessageBytes: mimeBytes(options.maxContentBytes),
    maxRecipients: limits.maxRecipients,
    receive: () => new Submitter(options),
  };
}

class Submitter implements SmtpVisitor {
  readonly #options: SubmissionOptions;
  #mailbox: Mailbox | null = null;

  constructor(options: SubmissionOptions) {
    this.#options = options;
  }

  async authenticate(name: string, password: string): Promise<boolean> {
    return await this.#options.authenticate?.(name, password) ?? false;
  }

  /** Whoever the sender is said to be: the account signs. */
  async mail(): Promise<void> {}

  async recipient(address: string): Promise<void> {
    try {
      await this.#use((mailbox) => mailbox.checkRecipient(address));
    } catch (error) {
      if (this.#options.queue === null || !mayPass(error)) throw error;
    }
  }

  async message(
    { recipients }: SmtpEnvelope,
    source: AsyncIterable<Uint8Array>,
  ): Promise<string> {
    const { header, body, fault } = await takeIn(source, { dotEnds: false });
    if (fault !== null) throw fault;
    const { queue, now } = this.#options;
    if (queue !== null) {
      this.leave();
      const isSent = await queue.take({ recipients, header, body });
      return isSent ? "Encrypted and stored" : "Queued until the server can be reached";
    }
    const queuedAt = now();
    const message = { recipients, aliases: null, header, body, name: null, queuedAt };
    const mailbox = this.#mailbox ?? await this.#connect(); // of the recipients a moment ago
    await submitStreamed(mailbox, message)
      .finally(() => this.leave()); // what failed may have left a connection in the middle of something
    return "Encrypted and stored";
  }

  leave(): void {
    this.#mailbox?.close();
    this.#mailbox = null;
  }

  /** Asks on a connection that may have been lost since the last question. */
  async #use<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const before = this.#mailbox;
    try {
      return await work(before ?? await this.#connect());
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      this.leave();
      if (before === null) throw error;
      return await work(await this.#connect());
    }
  }

  async #connect(): Promise<Mailbox> {
    return this.#mailbox = await this.#options.open();
  }
}
