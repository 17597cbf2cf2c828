/**
 * A person's mailbox, plaintext in and out: everything is sealed before it leaves here and checked when it comes back.
 * Calls made without waiting travel together, so that opening a mailbox and listing it cost one round trip. What is
 * behind each method is in a file of its own; what one-shot commands seldom need is loaded when it is called.
 */
import type { Address } from "../model/address.ts";
import { utf8 } from "../model/bytes.ts";
import type { AppPasswordScope } from "../model/device.ts";
import type { EntryId } from "../model/ids.ts";
import type { OperationName } from "../wire/operations.ts";
import { type AccountCard, cardOf } from "./account.ts";
import type { AppPassword } from "./account/app_passwords.ts";
import type { DeviceSummary } from "./account/devices.ts";
import type { BlockedSender } from "./correspondents/blocking.ts";
import type { Contact } from "./correspondents/contacts.ts";
import type { FoundUser, UserQuery } from "./correspondents/directory.ts";
import type { ServerKeyHistory } from "./correspondents/key_history.ts";
import { missingIn, type MissingMessages } from "./correspondents/numbered_contacts.ts";
import type { Comparison } from "./correspondents/trust.ts";
import type { FiledMailbox } from "./filing/filed_mailbox.ts";
import type { ImportedMessage, ImportListener } from "./importing/imported_message.ts";
import { MailboxContext, type MailboxOptions } from "./mailbox_context.ts";
import type { Progress } from "./progress.ts";
import {
  listBox,
  type ListedPage,
  listPages,
  type MessageQuery,
  type NewMailOptions,
  type NewMailPage,
  waitForMail,
} from "./reading/list_messages.ts";
import { keepUnopened, lookAt } from "./reading/open_listed.ts";
import type { ListedMessage, OpenedMessage } from "./reading/opened_entry.ts";
import type { SentState } from "./reading/sent_state.ts";
import type { SearchOptions, SearchResult } from "./searching/search_mailbox.ts";
import type { Draft, SendResult } from "./sending/draft.ts";
import type { IsWanted } from "./sending/own_copy.ts";

/** A logged-in mailbox. */
export class Mailbox {
  readonly #context: MailboxContext;
  #filed: FiledMailbox | null = null;

  constructor(options: MailboxOptions) {
    this.#context = new MailboxContext(options);
  }

  /** Waits for the login. @throws {MailError} `denied` */
  async account(): Promise<AccountCard> {
    return cardOf(await this.#context.account);
  }

  /** Has the next call open the keyring anew: on a long session, another machine may have changed it since. */
  refreshKeyring(): void {
    this.#context.refreshKeyring();
  }

  /** Opens the keyring, so that its age is noted. @throws {MailError} `bad_signature` */
  async checkKeyring(): Promise<void> {
    await this.#context.keyring();
  }

  /** Says how this machine's clock differs from the server's; null where it does no harm. */
  async clockGap(): Promise<string | null> {
    const { clockGap, describeGap } = await import("./connection/clock_gap.ts");
    return describeGap(await clockGap(this.#context.client, this.#context.now));
  }

  /** Lists newest first, as many pages of the server's as it takes. @throws {MailError} `malformed` for `from` */
  list(query: MessageQuery): Promise<ListedPage> {
    return listBox(this.#context, query);
  }

  /** Lists as `list` does, but hands out each page as it comes: for mailboxes too large to be held. */
  pages(query: MessageQuery): AsyncGenerator<ListedPage, void> {
    return listPages(this.#context, query);
  }

  /** Finds messages of both boxes, newest first, by what lists show of them and by their texts. */
  async search(options: SearchOptions): Promise<SearchResult> {
    return (await import("./searching/search_mailbox.ts")).searchMailbox(this.#context, options);
  }

  /**
   * Waits for inbox messages behind an id, for a minute at most; an empty page then says nothing of the next one. A
   * call made meanwhile ends the wait. They are judged by the keyring of now: it may be long since it was opened.
   */
  waitForMail(query: NewMailOptions): Promise<NewMailPage> {
    return waitForMail(this.#context, query);
  }

  /** Opens the headers of one message, whatever checking them finds. @throws {MailError} `no_such_message` */
  look(id: EntryId): Promise<ListedMessage> {
    return lookAt(this.#context, id);
  }

  /**
   * Opens one message. Its body must be read to the end or abandoned, or the mailbox closed.
   * @throws {MailError} `no_such_message`; `bad_signature` where it cannot be opened at all
   */
  async open(id: EntryId, progress: Progress = () => {}): Promise<OpenedMessage> {
    return (await import("./reading/open_message.ts")).openMessage(this.#context, id, progress);
  }

  /** Lets go of bodies that were opened, and that nobody reads: what is asked behind one waits for it. */
  abandonBodies(): void {
    this.#context.client.abandonStreams();
  }

  /** Opens messages as `open` does, one answer each. Bodies come in this order: each waits until those before it are read. */
  async openAll(ids: readonly EntryId[]): Promise<Promise<OpenedMessage>[]> {
    return (await import("./reading/open_message.ts")).openMessages(this.#context, ids);
  }

  /** Opens an age file for this account, as `export` writes them. @throws {MailError} `bad_signature` while reading */
  async *openSealed(sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const { openSealedBody } = await import("./reading/open_message.ts");
    yield* openSealedBody(await this.#context.account, sealed);
  }

  /**
   * Marks messages as read; the server erases those that burn. Their senders get a signed receipt each, unless the
   * mailbox gives none or the message is not known to be theirs: then they learn only that what burns is gone.
   */
  async markRead(messages: readonly OpenedMessage[]): Promise<void> {
    await (await import("./reading/give_receipt.ts")).markRead(this.#context, messages);
  }

  /** Marks messages as read, and gives nobody a receipt: that a program has them says nothing of a reader. */
  async markFetched(ids: readonly EntryId[]): Promise<void> {
    const marks = { read: ids.map((id) => ({ id, receipt: null })) };
    await this.#context.afterLogin(this.#context.client.repeat("markRead", marks));
  }

  /** Deletes all or none. @throws {MailError} `no_such_message` naming every unknown id */
  async delete(ids: readonly EntryId[]): Promise<void> {
    await keepUnopened(this.#context, ids);
    await this.#context.afterLogin(this.#context.client.change("delete", { ids, versions: null }));
  }

  /**
   * Brings messages in that were made elsewhere, as imported; each is stored once, and not beside mail that it is a copy of.
   * @throws {MailError} what keeps all others from being stored too, such as `over_quota`
   */
  async import(messages: AsyncIterable<ImportedMessage>, listener: ImportListener): Promise<void> {
    const { importInto } = await import("./importing/import_into.ts");
    await importInto(this.#context, messages, listener);
  }

  /** Sends to all or none. @throws {MailError} `no_such_recipient` naming all, `key_changed`, `too_large`, `conflict` */
  async send(draft: Draft, progress: Progress = () => {}): Promise<SendResult> {
    this.requireAllowed("submit"); // before anything is asked or sealed
    const { sendDraft } = await import("./sending/send.ts");
    const sent = await sendDraft(this.#context, draft, progress);
    if (draft.replyTo ?? draft.forwards) {
      const noting = import("./filing/note_use.ts")
        .then(async ({ noteUse }) => await noteUse(this.#context, await this.filed(), draft));
      this.#context.finishAfter(noting);
    }
    return sent;
  }

  /** Looks at a recipient as `send` would; returns its own address. @throws {MailError} as `send`, and `not_verified` */
  async checkRecipient(name: string): Promise<Address> {
    return (await import("./sending/pinned_recipients.ts")).checkRecipient(this.#context, name);
  }

  /** Finds the sender's copy of what was sent under a key, or null. @throws {MailError} `protocol` for what is not it */
  async findSent(key: string, isIt: IsWanted): Promise<EntryId | null> {
    const { mailboxKey } = await this.#context.account;
    const idempotencyKey = await mailboxKey.idempotencyKey("key", utf8(key));
    const { id } = await this.#context.client.call("findSend", { idempotencyKey });
    if (id === null) return null;
    await (await import("./sending/own_copy.ts")).checkOwnCopy(this.#context, id, isIt);
    return id;
  }

  /**
   * Waits until a message in `sent` is further than `known`: delivered or cancelled, read with a receipt, or returned.
   * Waits for a minute at most; null: does not wait. Judged by the keyring of now, as in `waitForMail`.
   * @throws {MailError} `no_such_message`; `bad_signature` where it does not verify
   */
  async waitForRead(id: EntryId, known: number | null): Promise<SentState> {
    return (await import("./reading/sent_state.ts")).waitForRead(this.#context, id, known);
  }

  /** Takes back messages that wait, all or none. @throws {MailError} `no_such_message`, `already_sent` naming all such */
  async cancel(ids: readonly EntryId[]): Promise<void> {
    await (await import("./sending/cancel.ts")).cancel(this.#context, ids);
  }

  /** Tells what messages are missing, as far as they were looked for. `accept`: their owner wants to hear no more of them. */
  async missing({ accept = false } = {}): Promise<readonly MissingMessages[]> {
    return await missingIn(await this.#context.keyring(), accept);
  }

  /** Lists whose keys are pinned, by address. */
  async contacts(): Promise<Contact[]> {
    return (await this.#context.keyring()).contacts();
  }

  /** Asks how the keys of addresses came to be what they are. */
  keyLines(addresses: readonly Address[]): Promise<Map<Address, ServerKeyHistory>> {
    return this.#context.keyLines(addresses);
  }

  /**
   * Looks at a correspondent's key as it is now, beside the one that is pinned.
   * @throws {MailError} `no_such_recipient`, `bad_signature`; `usage` for oneself
   */
  async compare(name: string): Promise<Comparison> {
    return (await import("./correspondents/trust.ts")).compareKeys(this.#context, name);
  }

  /** Pins the key that was shown, and no other; returns the comparison as it is then. @throws {MailError} `key_changed` */
  async accept(shown: Comparison, { verified }: { verified: boolean }): Promise<Comparison> {
    return (await import("./correspondents/trust.ts")).acceptKey(this.#context, shown, verified);
  }

  /** Finds accounts by name or pattern. @throws {MailError} `denied` where the server does not tell */
  async *users(query: UserQuery): AsyncGenerator<FoundUser, void> {
    const { client, account } = this.#context;
    yield* (await import("./correspondents/directory.ts")).findUsers(client, account, query);
  }

  /**
   * Has the server drop mail of senders, all or none; returns their addresses. What is there stays.
   * @throws {MailError} `malformed`; `usage` for oneself; `no_such_recipient` naming all that have no account; `too_large`
   */
  async block(senders: readonly string[]): Promise<readonly string[]> {
    const { blockSenders } = await import("./correspondents/blocking.ts");
    return await blockSenders(this.#context.client, await this.#context.account, senders);
  }

  /** Ends blocks, all or none; returns the addresses. @throws {MailError} `no_such_recipient` naming all that are none */
  async unblock(senders: readonly string[]): Promise<readonly string[]> {
    return (await import("./correspondents/blocking.ts")).unblockSenders(this.#context, senders);
  }

  /** Lists blocked senders, by address. */
  async blocked(): Promise<readonly BlockedSender[]> {
    return (await this.#context.afterLogin(this.#context.client.call("blocked", {}))).blocked;
  }

  /** The mailbox as its owner filed it: folders, flags, changes, copies and drafts. Always the same object. */
  async filed(): Promise<FiledMailbox> {
    if (this.#filed !== null) return this.#filed; // an import costs, also of what is there
    const { FiledMailbox } = await import("./filing/filed_mailbox.ts");
    return this.#filed ??= new FiledMailbox(this.#context);
  }

  /** Lists the account's devices, by label. */
  async devices(): Promise<readonly DeviceSummary[]> {
    return (await this.#context.afterLogin(this.#context.client.call("devices", {}))).devices;
  }

  /** Lists the account's application passwords, by what they are called. */
  async appPasswords(): Promise<readonly AppPassword[]> {
    return (await this.#context.afterLogin(this.#context.client.call("appPasswords", {})))
      .appPasswords;
  }

  /** Ends application passwords, in this order. @throws {MailError} `malformed` for the first that does not exist */
  async revokeAppPasswords(labels: readonly string[]): Promise<void> {
    await this.#context.account;
    const { revokeAppPasswords } = await import("./account/app_passwords.ts");
    await revokeAppPasswords(this.#context.client, labels);
  }

  /** Tells whether an application password lets a program of this scope in. Nobody's text ever does. */
  async checkAppPassword(scope: AppPasswordScope, password: string): Promise<boolean> {
    const { checkAppPassword } = await import("./account/app_passwords.ts");
    return await checkAppPassword(this.#context.client, this.#context.account, scope, password);
  }

  /** Writes the account's keys out as an age identity file, in the clear. */
  async keyFile(): Promise<string> {
    return (await import("./account/key_file.ts")).formatKeyFile(await this.#context.account);
  }

  /** Opens the same mailbox on a new connection, for what comes after a long wait. Whoever does closes it. */
  reopen(): Promise<Mailbox> {
    return Promise.resolve(new Mailbox(this.#context.reopened()));
  }

  /** Closes it at the end of all work: contacts that the server had lost are put back by then, or it is told why not. */
  finish(): Promise<void> {
    return this.#context.finish();
  }

  /** @throws {MailError} `denied` for an operation that this login may not ask for */
  requireAllowed(operation: OperationName): void {
    this.#context.client.requireAllowed(operation);
  }

  close(): void {
    this.#context.close();
  }
}
