/** A draft on its way out: composed, counted, digested, sealed, signed. Nothing leaves here in the clear. */
import { sealFile } from "../../crypto/age/file.ts";
import { generateFileKey, sealPayload } from "../../crypto/age/payload.ts";
import { digestRecipient } from "../../crypto/fingerprint.ts";
import { signEnvelope } from "../../crypto/message/envelope.ts";
import { PieceDigester } from "../../crypto/message/piece.ts";
import { composeMessage, encodedGrowth } from "../../mime/compose.ts";
import { joinMessage } from "../../mime/submission.ts";
import type { Address } from "../../model/address.ts";
import { ByteCounter } from "../../model/byte_counter.ts";
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import { timeOf } from "../../model/delivery_time.ts";
import type { ContentTag } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import type { Attachment, Envelope, Numbering } from "../../model/message.ts";
import { bool, encode, list, optional, struct, text, u64 } from "../../wire/fields.ts";
import { moment, pieceDigest } from "../../wire/layouts.ts";
import { type OpenAccount, signingSeedOf } from "../account.ts";
import type { Contact } from "../correspondents/contacts.ts";
import { numberingFor } from "../correspondents/numbered_contacts.ts";
import type { Addressee, Recipient, Role } from "../correspondents/recipients.ts";
import type { Progress } from "../progress.ts";
import { type Content, contentStream, type Draft, type SendResult } from "./draft.ts";
import { ContentBound } from "./draft_limits.ts";

/** What a draft answers. */
export interface Thread {
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}

/** What tells one request from another under the same key, all that its sender decides: WIRE.md 8.4. */
const contentLayout = struct({
  recipients: list(text(1024), limits.maxRecipients),
  subject: text(limits.maxSubjectBytes),
  inReplyTo: optional(text(998)),
  parts: list(
    struct({
      name: text(limits.maxFileNameBytes),
      type: text(255),
      bytes: u64,
      pieces: list(pieceDigest, 4096),
    }),
    limits.maxAttachments + 1,
  ),
  partial: bool,
  burn: bool,
  deliver: optional(moment),
  expires: optional(moment),
});

/** What a message is made of. */
export interface OutgoingParts {
  readonly account: OpenAccount;
  readonly draft: Draft;
  readonly recipients: readonly Recipient[];
  /** Addressed, and nobody's: they stand in the headers and get no copy. */
  readonly unknown: readonly Addressee[];
  readonly thread: Thread;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** One message being sent. Its body is read once, by `sealBody`; all else can be asked for after that. */
export class OutgoingMessage {
  readonly messageId: string;
  readonly #account: OpenAccount;
  readonly #draft: Draft;
  readonly #recipients: readonly Recipient[];
  readonly #unknown: readonly Addressee[];
  readonly #thread: Thread;
  readonly #date: number;
  readonly #fileKey = generateFileKey();
  readonly #source = new PieceDigester();
  readonly #notBefore: number | null;
  readonly #parts: {
    readonly name: string;
    readonly type: string;
    readonly bytes: PieceDigester;
  }[] = [];

  constructor({ account, draft, recipients, unknown, thread, now }: OutgoingParts) {
    this.#account = account;
    this.#draft = draft;
    this.#recipients = recipients;
    this.#thread = thread;
    this.#date = draft.submitted?.date ?? now;
    this.#notBefore = draft.deliver === undefined ? null : timeOf(draft.deliver, now);
    this.#unknown = unknown;
    this.messageId = draft.submitted?.messageId ?? `${randomBytes(16).toHex()}@${account.domain}`;
  }

  /**
   * Seals the body, once for all readers, as it is read.
   * @throws {MailError} `too_large` while reading, once the content is over the server's limit
   */
  sealBody(progress: Progress): AsyncIterable<Uint8Array> {
    return sealPayload(this.#fileKey, this.#source.pass(this.#compose(progress)));
  }

  /** The addresses in each role, as its sender is shown them. */
  get addresses(): Pick<SendResult, Role> {
    return { to: this.#addresses("to"), cc: this.#addresses("cc"), bcc: this.#addresses("bcc") };
  }

  /** Tells this content and its terms from any other, whatever its date and ids: WIRE.md 8.4. */
  contentTag(): Promise<ContentTag> {
    const { partial = false, burn = false, deliver = null, expires = null } = this.#draft;
    const tagged = encode(contentLayout, {
      recipients: this.#addressed().map(({ role, address }) => `${role} ${address}`).sort(),
      subject: this.#draft.subject,
      inReplyTo: this.#thread.inReplyTo,
      parts: this.#parts.map(({ name, type, bytes }) => ({
        name,
        type,
        bytes: bytes.bytes,
        pieces: bytes.pieces,
      })),
      ...{ partial, burn, deliver, expires },
    });
    return this.#account.mailboxKey.contentTag(tagged);
  }

  /**
   * Signs and seals the envelopes: the sender's own copy, and each recipient's, with the number that the contacts say.
   * It can be done again with other numbers.
   */
  async sealEnvelopes(
    contacts: ReadonlyMap<Address, Contact>,
  ): Promise<{ own: Bytes; recipients: Bytes[] }> {
    const shown = this.#recipients.filter(({ role }) => role !== "bcc");
    const hidden = this.#addressed().filter(({ role }) => role === "bcc");
    const numberOf = ({ address }: Recipient) => {
      const contact = contacts.get(address);
      return contact === undefined ? notNumbered : numberingFor(contact);
    };
    const copies = this.#recipients.map(async (reader) => {
      const isHidden = reader.role === "bcc";
      const signed = await this.#sign({
        recipients: isHidden ? [...shown, reader] : shown,
        bcc: isHidden ? addresseesOf(reader) : [],
        numbering: numberOf(reader),
        numberOf: (one) => one === reader ? numberOf(one).number : 0,
      });
      return sealFile(reader.sealTo, signed);
    });
    const forSelf = this.#sign({
      recipients: this.#recipients,
      bcc: hidden,
      numbering: notNumbered,
      numberOf: (one) => numberOf(one).number,
    }).then((signed) => sealFile(this.#account.publicKeys.recipient, signed));
    const [own, ...recipients] = await Promise.all([forSelf, ...copies]);
    return { own, recipients };
  }

  async #sign({ recipients, bcc, numbering, numberOf }: CopyParts): Promise<Bytes> {
    const { address, publicKeys } = this.#account;
    const envelope: Envelope = {
      messageId: this.messageId,
      date: this.#date,
      from: address,
      to: this.#addresses("to"),
      cc: this.#addresses("cc"),
      bcc: bcc.map((recipient) => recipient.address),
      subject: this.#draft.subject,
      inReplyTo: this.#thread.inReplyTo,
      references: this.#thread.references,
      attachments: await this.#attachments(),
      fileKey: this.#fileKey,
      ...this.#source.digests,
      encodedBytes: this.#encodedBytes(),
      notBefore: this.#notBefore,
      burn: this.#draft.burn ?? false,
      senderSigningKey: publicKeys.signingKey,
      senderRecipientDigest: await digestRecipient(publicKeys.recipient),
      recipients: recipients.map((recipient) => {
        const { address, fingerprint } = recipient;
        return { address, fingerprint, number: numberOf(recipient) };
      }),
      ...numbering,
    };
    return await signEnvelope(signingSeedOf(this.#account), envelope);
  }

  #encodedBytes(): number | null {
    if (this.#draft.submitted !== undefined) return null;
    const growth = this.#parts.slice(1)
      .reduce((sum, { type, bytes }) => sum + encodedGrowth(type, bytes.bytes), 0);
    return growth === 0 ? null : this.#source.bytes + growth;
  }

  #attachments(): readonly Attachment[] | Promise<readonly Attachment[]> {
    return this.#draft.submitted?.attachments ??
      this.#parts.slice(1).map(({ name, type, bytes }) => ({ name, type, size: bytes.bytes }));
  }

  #compose(progress: Progress): AsyncIterable<Uint8Array> {
    const counter = new ByteCounter(progress);
    const bound = new ContentBound(this.#account.maxMessageBytes);
    const watch = (name: string, type: string, content: Content) => {
      const bytes = new PieceDigester();
      this.#parts.push({ name, type, bytes });
      return bound.pass(type, bytes.pass(counter.pass(contentStream(content))));
    };
    const { subject, body, attachments, submitted } = this.#draft;
    if (submitted !== undefined) {
      return joinMessage(submitted.header, watch("", "message/rfc822", body));
    }
    return composeMessage({
      messageId: this.messageId,
      date: new Date(this.#date),
      from: this.#account.address,
      to: this.#addresses("to"),
      cc: this.#addresses("cc"),
      subject,
      inReplyTo: this.#thread.inReplyTo ?? undefined,
      references: this.#thread.references,
      boundary: `mailctl-${randomBytes(16).toHex()}`,
      body: watch("", "", body),
      attachments: attachments.map(({ name, type, content }) => ({
        name,
        type,
        content: watch(name, type, content),
      })),
    });
  }

  #addresses(wanted: Role): string[] {
    return this.#addressed().filter(({ role }) => role === wanted).map(({ address }) => address);
  }

  /** As readers are shown them. */
  #addressed(): readonly Shown[] {
    return [...this.#recipients.flatMap(addresseesOf), ...this.#unknown];
  }
}

/** An address as readers are shown it, and where it stands. */
interface Shown {
  readonly address: string;
  readonly role: Role;
}

/** What the copies of a message do not share. */
interface CopyParts {
  readonly recipients: readonly Recipient[];
  readonly bcc: readonly Shown[];
  readonly numbering: Numbering;
  readonly numberOf: (recipient: Recipient) => number;
}

/** For the sender's own copy, and for who is no contact: the sender itself. */
const notNumbered = { number: 0, since: 0, absent: [], heard: 0, lacks: [] };

function addresseesOf({ shown, role }: Recipient): Shown[] {
  return shown.map((address) => ({ address, role }));
}
