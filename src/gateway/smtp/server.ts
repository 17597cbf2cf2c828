/** A server that speaks SMTP, on any number of connections. */
import type { Connection } from "../../net/connection.ts";
import { SmtpConversation, type SmtpOptions } from "./speak.ts";

export class SmtpServer {
  readonly #options: SmtpOptions;
  readonly #open = new Set<SmtpConversation>();
  #isFinishing = false;
  #whenAlone = () => {};

  constructor(options: SmtpOptions) {
    this.#options = options;
  }

  /**
   * Speaks until the connection is over. One that is inside TLS already tells of its certificate. `onMail` hears of every
   * MAIL that was taken.
   */
  async speak(connection: Connection, onMail: () => void = () => {}): Promise<void> {
    const conversation = new SmtpConversation(connection, this.#options, onMail);
    this.#open.add(conversation);
    if (this.#isFinishing) conversation.finish("closing");
    try {
      await conversation.run();
    } finally {
      this.#open.delete(conversation);
      if (this.#open.size === 0) this.#whenAlone();
    }
  }

  /** Ends every connection as soon as no message is on its way in, and waits for the last of them. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    const alone = new Promise<void>((resolve) => this.#whenAlone = resolve);
    for (const conversation of this.#open) conversation.finish("closing");
    if (this.#open.size > 0) await alone;
  }
}
