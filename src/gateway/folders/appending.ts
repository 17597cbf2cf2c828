/**
 * Messages that programs put into folders. What was sent is in Sent already, or comes there: so a copy that a program
 * appends of it is not kept beside it.
 */
import type { KeptMessage } from "../../client/filing/keep_message.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { describeStart } from "../../mime/unsigned.ts";
import { concatBytes, randomBytes } from "../../model/bytes.ts";
import { isFailure, mayPass } from "../../model/errors.ts";
import type { FolderUse } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { cutHeader } from "../presentation/header.ts";
import { contentDigest } from "./content_digest.ts";
import type { FolderFeed } from "./folder_feed.ts";
import type { FiledMail } from "./folder_state.ts";
import { GivenMail } from "./given_mail.ts";
import { noSuchFolder } from "./list_changes.ts";
import type { MailChanges } from "./mail_changes.ts";
import type { AppendedMail, MailFolder } from "./mail_folders.ts";
import type { MailPresentation, Shown } from "./mail_presentation.ts";

export interface AppendingOptions {
  readonly mailbox: ReconnectingMailbox;
  readonly feed: FolderFeed;
  readonly presentation: MailPresentation;
  readonly changes: MailChanges;
  /** Hands out a message as programs get it. */
  readonly content: (mail: FiledMail) => AsyncIterable<Uint8Array>;
}

/** How long a program may take between sending a message and appending it, or the other way round. */
const sameMessageMs = 15 * 60_000;
/** Among so many of the newest in Sent one is looked for. */
const maxLooked = 1_000;
/** Up to this a message is held, and asked for again on a new connection; others go on one of their own. */
const maxHeldBytes = 1024 * 1024;

interface LateMail {
  readonly mail: FiledMail;
  readonly sentAs: NonNullable<Shown["sentAs"]>;
}

export class Appending {
  readonly #options: AppendingOptions;
  readonly #given: GivenMail;
  /** What was put into Sent of late, and its Message-ID. */
  readonly #appended = new Map<EntryId, string>();
  #isRecalled = false;

  constructor(options: AppendingOptions) {
    this.#options = options;
    this.#given = new GivenMail({ ...options, state: options.feed.state });
  }

  /** Stores a message in a folder; returns its UID. @throws {MailError} `over_quota`, `too_large`, `malformed` */
  async append(key: MailFolder["key"], mail: AppendedMail): Promise<number> {
    const { use } = this.#requireFolder(key);
    const { original, content } = await this.#given.recognise(mail, key);
    const copied = original && await this.#options.changes.copyAppended(original, key, mail);
    if (copied !== null) return copied;
    return await (key === "sent"
      ? this.#intoSent(mail, content)
      : this.#keep(key, use, mail, content));
  }

  async #intoSent(mail: AppendedMail, source: AsyncIterable<Uint8Array>): Promise<number> {
    const { header, rest } = await cutHeader(source);
    const { messageId } = describeStart(header);
    const copy = messageId === null ? null : await this.#find(messageId);
    const body = copy === null ? rest : await Array.fromAsync(rest);
    const content = async function* () {
      yield header;
      yield* body;
    };
    if (copy !== null && await this.#isSame(copy, content())) return await this.#merge(copy, mail);
    const uid = await this.#keep("sent", "sent", mail, content());
    if (messageId !== null) this.#remember(messageId, uid as EntryId);
    return uid;
  }

  #requireFolder(key: MailFolder["key"]): MailFolder {
    const found = this.#options.feed.state.folders.find((folder) => folder.key === key);
    if (found !== undefined) return found;
    throw noSuchFolder();
  }

  /** Deletes what was appended and has come as an own copy since: its flags go over to that. */
  async makeOne(): Promise<void> {
    const { feed: { state } } = this.#options;
    if (!this.#isRecalled) await this.#recall();
    if (this.#appended.size === 0) return;
    const own = (await this.#late()).filter(({ sentAs }) => !sentAs.isImported);
    const copies = new Map(own.map(({ mail, sentAs }) => [sentAs.messageId, mail]));
    for (const [id, messageId] of [...this.#appended]) {
      const [appended, copy] = [state.find(id), copies.get(messageId)];
      if (appended !== null && copy === undefined) continue;
      const isDone = appended === null || copy === undefined ||
        await this.#makeOneOf(appended, copy);
      if (isDone) this.#appended.delete(id);
    }
  }

  /** False: it is to be tried again. */
  async #makeOneOf(appended: FiledMail, copy: FiledMail): Promise<boolean> {
    try {
      const content = this.#options.content(appended);
      return !await this.#isSame(copy, content) || await this.#replace(appended, copy);
    } catch (error) {
      if (isFailure(error, "no_such_message")) return true; // another bridge may have been quicker
      if (!mayPass(error)) this.#appended.delete(appended.id);
      throw error;
    }
  }

  /** A program that takes a file out of a message appends the rest under the same Message-ID: that is another message. */
  async #isSame(copy: FiledMail, appended: AsyncIterable<Uint8Array>): Promise<boolean> {
    const digest = await contentDigest(appended);
    return digest !== null && digest === await contentDigest(this.#options.content(copy));
  }

  /** False: what was appended is filed otherwise by now. */
  async #replace(
    { id, version, flags, keywords }: FiledMail,
    copy: FiledMail,
  ): Promise<boolean> {
    const { mailbox, feed } = this.#options;
    await mailbox.ask(async (mailbox) => {
      const filed = await mailbox.filed();
      await filed.change([copy.id], { addFlags: flags, addKeywords: keywords });
      await filed.deleteFiled([{ id, version }]);
    });
    await feed.refresh();
    return feed.state.find(id) === null;
  }

  /** Finds a message that was sent of late. What was appended twice is two: to a program each has a UID of its own. */
  async #find(messageId: string): Promise<FiledMail | null> {
    const late = await this.#late();
    const isIt = ({ sentAs }: LateMail) => !sentAs.isImported && sentAs.messageId === messageId;
    return late.findLast(isIt)?.mail ?? null;
  }

  /** What came into Sent of late, oldest first. */
  async #late(): Promise<readonly LateMail[]> {
    const { feed: { state }, presentation } = this.#options;
    const sent = state.messages("sent").slice(-maxLooked);
    const newest = sent.toSorted((a, b) => b.id - a.id)[0]; // an earlier one may say later: the server's clock was ahead
    const late = sent.filter(({ storedAt }) => storedAt > newest!.storedAt - sameMessageMs);
    const shown = await presentation.of(late);
    return late.flatMap((mail, at) => {
      const sentAs = shown[at]?.sentAs ?? null;
      return sentAs === null ? [] : [{ mail, sentAs }];
    });
  }

  /** What a bridge before this one appended, it may not have lived to compare with what was sent. */
  async #recall(): Promise<void> {
    for (const { mail: { id }, sentAs } of await this.#late()) {
      if (sentAs.isImported) this.#remember(sentAs.messageId, id);
    }
    this.#isRecalled = true;
  }

  async #merge({ id, uid }: FiledMail, { flags, keywords }: AppendedMail): Promise<number> {
    const { mailbox, feed } = this.#options;
    await mailbox.ask(async (mailbox) =>
      await (await mailbox.filed()).change([id], { addFlags: flags, addKeywords: keywords })
    );
    await feed.refresh();
    return uid;
  }

  #remember(messageId: string, id: EntryId): void {
    this.#appended.set(id, messageId);
    const timer = setTimeout(() => this.#appended.delete(id), sameMessageMs);
    Deno.unrefTimer(timer);
  }

  /** A draft stands in the box of what one sends, where `mailctl drafts` makes them: it is never unread. */
  async #keep(
    key: MailFolder["key"],
    use: FolderUse | "sent",
    { isSeen, flags, keywords, internalDate, bytes }: AppendedMail,
    content: AsyncIterable<Uint8Array>,
  ): Promise<number> {
    const box = use === "sent" || use === "drafts" ? "sent" : "inbox";
    const folder = typeof key === "number" ? key : 0;
    const filing = { folder, flags, keywords, internalDate };
    const kept = {
      box,
      isRead: isSeen || box === "sent",
      filing,
      key: randomBytes(16).toHex(),
    } as const;
    const { mailbox, feed } = this.#options;
    const id = bytes <= maxHeldBytes
      ? await this.#keepHeld(kept, content)
      : await mailbox.aside(async (mailbox) => (await mailbox.filed()).keep({ ...kept, content }));
    await feed.refresh();
    return feed.state.find(id)?.uid ?? id;
  }

  async #keepHeld(
    kept: Omit<KeptMessage, "content">,
    content: AsyncIterable<Uint8Array>,
  ): Promise<EntryId> {
    const held = concatBytes(await Array.fromAsync(content));
    return await this.#options.mailbox.ask(async (mailbox) => {
      const filed = await mailbox.filed();
      return await filed.keep({ ...kept, content: ReadableStream.from([held]) });
    });
  }
}
