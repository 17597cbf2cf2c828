/**
 * Mail that programs and the world bring to a server. It comes in the clear: whoever runs the server could read it as
 * it passes, and nobody after that, for it is sealed to its recipients before anything of it is kept.
 */
import { startWith } from "../../mime/block.ts";
import { withBlankLine } from "../../mime/intake.ts";
import { peekHeader } from "../../mime/peek.ts";
import { type AccountName, addressAt, asAccountName } from "../../model/address.ts";
import { cutText } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { mimeBytes } from "../../model/size.ts";
import type { SmtpOrigin } from "../../model/message.ts";
import { senderOf } from "../../model/sender_address.ts";
import type { Accounts } from "../../service/accounts.ts";
import type { AppEntrance, AppPasswords } from "../../service/app_passwords.ts";
import type {
  AccountRate,
  InboundMail,
  InboundRecipient,
  InboundSender,
} from "../../service/inbound_mail.ts";
import { isLocal } from "../../service/client_address.ts";
import {
  authorsOf,
  localPartAt,
  nameAt,
  requireAuthor,
  requireSender,
  type SmtpLogin,
} from "./author.ts";
import { legacyCommands, runLegacyCommand } from "./legacy_commands.ts";
import type { SmtpEnvelope, SmtpPeer, SmtpPolicy, SmtpVisitor } from "../smtp/policy.ts";
import { type Reply, SmtpRefusal } from "../smtp/refusal.ts";
import type { Sealing } from "./sealing.ts";
import { successNotice } from "./success_notice.ts";
import { formatTrace } from "./trace.ts";

export interface ReceptionOptions {
  readonly inboundMail: InboundMail;
  readonly accounts: Accounts;
  readonly appPasswords: AppPasswords;
  readonly sealing: Sealing;
  /** The domain of the server's accounts. */
  readonly domain: string;
  /** The account that gets mail to `postmaster`; null: there is no such address. */
  readonly postmaster: AccountName | null;
  /** Programs of this machine may hand mail over without TLS. */
  readonly allowsPlainLocal: boolean;
  /** PING, GETUSER and REG are carried out; REG shows the server a password, and has it make the account's keys. */
  readonly allowsLegacy: boolean;
  /** True: for programs that log in, and nobody else. */
  readonly requiresLogin: boolean;
  /** Bytes of content that one message may have now. */
  readonly maxMessageBytes: () => number;
  /** Counts a connection. @throws {MailError} `try_later` */
  readonly admit: (address: string) => void;
  readonly onLoginRefused: (address: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function receptionPolicy(options: ReceptionOptions): SmtpPolicy {
  return {
    requiresLogin: options.requiresLogin,
    offersLogin: true,
    offersNotices: true,
    verbs: legacyCommands,
    ownDomain: options.domain,
    maxRecipients: limits.maxSmtpRecipients,
    get maxMessageBytes() {
      return mimeBytes(options.maxMessageBytes());
    },
    receive: (peer) => new Receiver(options, peer),
  };
}

/** No account has this name: it is refused as a wrong one is, in the same time. */
const nobody = asAccountName("");

class Receiver implements SmtpVisitor {
  readonly #options: ReceptionOptions;
  readonly #peer: SmtpPeer;
  /** How an account logged in. */
  #entrance: AppEntrance | null = null;
  #stopWatching = () => {};
  /** By address, in lower case. */
  #addressees = new Map<string, InboundRecipient>();
  #declaredBytes = 0;
  /** What the store counts the copies by. */
  #rate: AccountRate | undefined;
  /** MAIL FROM; empty: nobody. */
  #sender = "";

  constructor(options: ReceptionOptions, peer: SmtpPeer) {
    this.#options = options;
    this.#peer = peer;
    try {
      options.admit(peer.remoteAddress);
    } catch {
      throw new SmtpRefusal("too_busy");
    }
  }

  async authenticate(username: string, password: string): Promise<boolean> {
    const { appPasswords, domain, onLoginRefused } = this.#options;
    const name = username.includes("+") ? null : nameAt(domain, username);
    try {
      const login = { name: name ?? nobody, password, scope: "smtp" } as const;
      this.#entrance = await appPasswords.enter(login, this.#peer.remoteAddress);
      this.#stopWatching = appPasswords.watch(this.#entrance, this.#peer.endLogin);
      return true;
    } catch (error) {
      if (!isFailure(error, "denied")) throw error;
      onLoginRefused(this.#peer.remoteAddress);
      return false;
    }
  }

  async mail(sender: string, bytes: number): Promise<void> {
    const { allowsPlainLocal } = this.#options;
    const { isSecure, remoteAddress } = this.#peer;
    if (!isSecure && !(allowsPlainLocal && isLocal(remoteAddress))) {
      throw new SmtpRefusal("tls_first");
    }
    await this.#requireEnabled();
    requireSender(await this.#login([sender]), sender);
    this.#addressees = new Map();
    this.#declaredBytes = bytes;
    this.#sender = sender;
  }

  /** Who logged in, with the aliases that are asked for. */
  async #login(addresses: readonly string[]): Promise<SmtpLogin> {
    const { domain, inboundMail } = this.#options;
    const account = this.#account;
    const names = addresses.map((address) => nameAt(domain, address));
    const others = names.filter((name) => name !== null && name !== account) as AccountName[];
    const isNobody = account === null || others.length === 0;
    const aliases = isNobody ? [] : await inboundMail.aliasesOf(account, others);
    return { domain, account, aliases: new Set(aliases) };
  }

  async recipient(address: string): Promise<void> {
    const { inboundMail, domain, postmaster } = this.#options;
    const named = localPartAt(domain, address);
    if (named === null) throw noSuchAddress(address, domain);
    const name = named === "postmaster" ? postmaster ?? named : named;
    const { remoteAddress } = this.#peer;
    this.#rate = inboundMail.admit(remoteAddress, this.#account);
    const expected = { from: this.#from([]), bytes: this.#declaredBytes, address: remoteAddress };
    const found = await inboundMail.addressee(name, expected);
    this.#addressees.set(address.toLowerCase(), found);
  }

  async message(envelope: SmtpEnvelope, source: AsyncIterable<Uint8Array>): Promise<string> {
    const { domain, now } = this.#options;
    await this.#requireEnabled();
    const { header, headerBytes, whole } = await peekHeader(withBlankLine(source));
    const authors = authorsOf(header);
    requireAuthor(await this.#login(authors), header);
    if (header.getAllStructured("received").length > maxHops) throw new SmtpRefusal("looping");
    const arrivedAt = now();
    const about = { hostname: domain, at: arrivedAt, hasAuthor: authors.length > 0 };
    const trace = formatTrace({ peer: this.#peer, envelope, ...about });
    const to = this.#resolve(envelope);
    const from = this.#from(authors);
    const origin = this.#origin(envelope, arrivedAt);
    await this.#store(from, to, startWith(trace, whole), origin, this.#rate);
    await this.#tellSuccess(envelope, headerBytes, arrivedAt);
    const stored = `Encrypted and stored for ${to.length} of ${domain}`;
    return this.#asksInVain(envelope) ? `${stored}; no notice goes to other hosts` : stored;
  }

  command(name: string, argument: string): Promise<Reply> {
    const asker = { peer: this.#peer, isLoggedIn: this.#account !== null };
    return runLegacyCommand(this.#options, name, argument, asker);
  }

  leave(): void {
    this.#stopWatching();
  }

  async #store(
    from: InboundSender,
    to: readonly InboundRecipient[],
    source: AsyncIterable<Uint8Array>,
    origin: SmtpOrigin,
    rate?: AccountRate,
  ): Promise<void> {
    const { inboundMail, sealing } = this.#options;
    const recipients = to.map(({ recipient }) => recipient);
    const inbound = inboundMail.begin();
    try {
      const message = { source, recipients, origin };
      const envelopes = await sealing.seal(message, (bytes) => inbound.append(bytes));
      const copies = to.map((each, at) => ({ to: each, envelope: envelopes[at]! }));
      await inbound.store(from, copies, rate);
    } finally {
      await inbound.discard();
    }
  }

  /** Puts a notice of success into the sender's own inbox. The message has arrived, also where there is no room for it. */
  async #tellSuccess(
    { sender, notify }: SmtpEnvelope,
    header: Uint8Array,
    at: number,
  ): Promise<void> {
    const { inboundMail, domain } = this.#options;
    if (notify === undefined || this.#account === null || sender === "") return;
    const { remoteAddress } = this.#peer;
    try {
      const from = { account: this.#account, addresses: [] };
      const expected = { from, bytes: 0, address: remoteAddress };
      const to = [await inboundMail.addressee(this.#account, expected)];
      for (const { address, original } of notify.recipients) {
        const about = { recipient: address, original, envelopeId: notify.envelopeId, header };
        const notice = successNotice({ domain, sender, at, ...about });
        await this.#store(from, to, notice, noticeOrigin(domain, at));
      }
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
    }
  }

  /** Nothing is sent from here into the world: who is not known here gets no notice. RFC 3461 5.2.3 */
  #asksInVain({ sender, notify }: SmtpEnvelope): boolean {
    return this.#account === null && sender !== "" && (notify?.recipients.length ?? 0) > 0;
  }

  /** Several addresses may be one account's: it gets one copy. */
  #resolve({ recipients }: SmtpEnvelope): InboundRecipient[] {
    const found = recipients.map((address) => this.#addressees.get(address.toLowerCase())!);
    return [...new Map(found.map((each) => [each.name, each])).values()];
  }

  /** Who the message is from, as its recipients may have blocked it. */
  #from(authors: readonly string[]): InboundSender {
    const { domain } = this.#options;
    const addresses = [this.#sender, ...authors.slice(0, maxAuthors)]
      .flatMap((address) => senderOf(address, domain) ?? []);
    return { account: this.#account, addresses };
  }

  #origin({ sender }: SmtpEnvelope, arrivedAt: number): SmtpOrigin {
    const { helo, remoteAddress } = this.#peer;
    return {
      kind: "smtp",
      account: this.#account && addressAt(this.#account, this.#options.domain),
      sender: cutText(sender, 1024),
      host: cutText(helo ?? "", 255),
      address: cutText(remoteAddress, 64),
      arrivedAt,
    };
  }

  /** The name of the account that logged in. */
  get #account(): AccountName | null {
    return this.#entrance?.name ?? null;
  }

  /** Its password may have been revoked since, and the account disabled or deleted. */
  async #requireEnabled(): Promise<void> {
    if (this.#entrance !== null) await this.#options.appPasswords.requireStillIn(this.#entrance);
  }
}

/** What the server writes itself. */
function noticeOrigin(domain: string, arrivedAt: number): SmtpOrigin {
  return { kind: "smtp", account: null, sender: "", host: domain, address: "", arrivedAt };
}

const maxHops = 100; // RFC 5321 6.3
/** That are held against what recipients have blocked: each takes a look into the store for each recipient. */
const maxAuthors = 16;

function noSuchAddress(address: string, domain: string): MailError {
  return new MailError(
    "no_such_recipient",
    `Cannot send to ${address}: this server accepts mail only for accounts of ${domain}`,
  );
}
