/** Tells open pages of mail as it comes, over as many connections as it takes. */
import type { Mailbox } from "../../../client/mailbox.ts";
import type { ListedMessage } from "../../../client/reading/opened_entry.ts";
import {
  ReconnectingMailbox,
  retryForever,
} from "../../../client/watching/reconnecting_mailbox.ts";
import { newMail } from "../../../client/watching/watch_new_mail.ts";
import { MailError } from "../../../model/errors.ts";

export interface NewMailHandler {
  readonly onMail: (message: ListedMessage) => void;
  /** Once an outage. */
  readonly onTrouble: (error: MailError) => void;
  /** Once an outage is over. */
  readonly onWell: () => void;
  /** No connection can help any more: the password is another one, the server breaks the protocol. */
  readonly onEnd: (error: unknown) => void;
}

export class NewMailListener {
  readonly #steady: ReconnectingMailbox;
  #isTroubled = false;
  #closed = false;

  /** The mailbox is a connection of its own, and is closed with this. */
  constructor(mailbox: Mailbox, handler: NewMailHandler) {
    this.#steady = new ReconnectingMailbox(
      mailbox,
      retryForever((error) => {
        this.#isTroubled = true;
        handler.onTrouble(error);
      }),
    );
    this.#run(handler).catch((error) => this.#closed || handler.onEnd(error));
  }

  close(): void {
    this.#closed = true;
    this.#steady.close();
  }

  async #run(handler: NewMailHandler): Promise<void> {
    const ask = async <T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> => {
      return await this.#steady.ask(async (mailbox) => {
        if (this.#isTroubled) await this.#recover(mailbox, handler);
        return await work(mailbox);
      });
    };
    for await (const message of newMail({ ask }, { unread: false })) {
      handler.onMail(message);
    }
  }

  async #recover(mailbox: Mailbox, { onWell }: NewMailHandler): Promise<void> {
    await mailbox.account();
    this.#isTroubled = false;
    onWell();
  }
}
