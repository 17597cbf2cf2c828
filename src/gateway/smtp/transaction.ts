/** What was said of one message before its content (RFC 5321 3.3). */
import type { RecipientParameters } from "./parameters.ts";
import type { SmtpEnvelope, SmtpPolicy, SuccessNotice } from "./policy.ts";
import { SmtpRefusal } from "./refusal.ts";

interface Recipient extends RecipientParameters {
  readonly address: string;
}

export class Transaction {
  readonly #policy: Pick<SmtpPolicy, "maxRecipients" | "offersNotices">;
  readonly #sender: string;
  readonly #envelopeId: string | null;
  /** By address, in lower case: who is named twice gets one copy. */
  readonly #recipients = new Map<string, Recipient>();

  constructor(
    policy: Pick<SmtpPolicy, "maxRecipients" | "offersNotices">,
    sender: string,
    envelopeId: string | null,
  ) {
    this.#policy = policy;
    this.#sender = sender;
    this.#envelopeId = envelopeId;
  }

  get hasRecipients(): boolean {
    return this.#recipients.size > 0;
  }

  /** @throws {SmtpRefusal} `too_many_recipients` */
  requireRoomFor(address: string): void {
    const isFull = this.#recipients.size >= this.#policy.maxRecipients;
    if (isFull && !this.#recipients.has(address.toLowerCase())) {
      throw new SmtpRefusal("too_many_recipients");
    }
  }

  add(address: string, query: RecipientParameters): void {
    this.#recipients.set(address.toLowerCase(), { ...query, address });
  }

  get envelope(): SmtpEnvelope {
    const recipients = [...this.#recipients.values()].map(({ address }) => address);
    const notices = this.#policy.offersNotices ? { notify: this.#query() } : {};
    return { sender: this.#sender, recipients, ...notices };
  }

  #query(): SuccessNotice {
    const wanted = [...this.#recipients.values()].filter((each) => each.notifiesSuccess);
    const recipients = wanted.map(({ address, original }) => ({ address, original }));
    return { envelopeId: this.#envelopeId, recipients };
  }
}
