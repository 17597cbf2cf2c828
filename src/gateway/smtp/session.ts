/**
 * The server's side of SMTP as a state machine: RFC 5321, 1870, 2034, 2920, 3207, 3461, 4954, 6152, 6531. Knows no
 * socket.
 */
import { type Bytes, concatBytes, randomBytes } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { Authentication } from "./authentication.ts";
import { encodeReply } from "./codec.ts";
import { commands, greetedCommands, intruding, transferCommands, type Verbs } from "./commands.ts";
import { MessageSource } from "./message_source.ts";
import { parseMailParameters, parseRecipientParameters } from "./parameters.ts";
import { isHostName, parsePath } from "./path.ts";
import type { SmtpPeer, SmtpPolicy, SmtpVisitor } from "./policy.ts";
import {
  isAdministratorsMatter,
  isFinal,
  type RefusalReason,
  type Reply,
  replyTo,
  SmtpRefusal,
} from "./refusal.ts";
import { RefusalCounts } from "./refusal_counts.ts";
import { Transaction } from "./transaction.ts";

export interface SessionOptions {
  readonly policy: SmtpPolicy;
  /** What the server calls itself. */
  readonly hostname: string;
  /** STARTTLS is offered. */
  readonly canSecure: boolean;
  /** True inside TLS. */
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  /** Hears of defects, and of nothing that a client can cause. */
  readonly onDefect: (error: unknown) => void;
  /** Hears of every MAIL that was taken. */
  readonly onMail?: (() => void) | undefined;
  /** Ends the connection as soon as no message is on its way in. */
  readonly finish: (reason: RefusalReason) => void;
}

/** What the connection does behind a reply. The client asks for `close`; `cut off` it has not asked for. */
export type Next = "go on" | "content" | "secure" | "close" | "cut off";

export class SmtpSession implements Verbs, SmtpPeer {
  readonly id = randomBytes(10).toHex();
  readonly remoteAddress: string;
  readonly #options: SessionOptions;
  readonly #maxBytes: number;
  #visitor: SmtpVisitor | null = null;
  #isSecure: boolean;
  #verb: "HELO" | "EHLO" | null = null;
  #helo: string | null = null;
  readonly #login: Authentication;
  #transaction: Transaction | null = null;
  readonly #counts = new RefusalCounts();
  next: Next = "go on";
  readonly endLogin = (): void => this.#options.finish("login_over");

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#login = new Authentication(
      async (name, password) => await this.#visitor!.authenticate?.(name, password) ?? false,
      options.policy.scramKeys,
    );
    this.#isSecure = options.isSecure;
    this.#maxBytes = options.policy.maxMessageBytes;
    // RFC 4291 2.5.5.2: an IPv4 address on a socket of both families.
    this.remoteAddress = options.remoteAddress.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  }

  get isSecure(): boolean {
    return this.#isSecure;
  }

  get helo(): string | null {
    return this.#helo;
  }

  get isLoggedIn(): boolean {
    return this.#login.isLoggedIn;
  }

  get protocol(): string {
    const extended = this.#verb === "EHLO" ? "E" : "";
    return `${extended}SMTP${this.#isSecure ? "S" : ""}${this.#login.isLoggedIn ? "A" : ""}`;
  }

  /** Greets, or refuses the connection. */
  begin(): Bytes {
    try {
      this.#visitor = this.#options.policy.receive(this);
    } catch (error) {
      const told = this.#refuse(error);
      this.next = "cut off";
      return told;
    }
    return encodeReply([220, `${this.#options.hostname} ESMTP mailctl`]);
  }

  /** Answers a line. */
  async answer(line: string): Promise<Bytes> {
    try {
      return encodeReply(await this.#carryOut(line));
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Ends the session with a refusal. */
  dismiss(reason: RefusalReason): Bytes {
    this.next = "cut off";
    return encodeReply(new SmtpRefusal(reason).reply);
  }

  /** Takes the content of a message to its end, and answers it. Nothing is said to content without an end. */
  async take(content: AsyncIterable<Uint8Array>): Promise<Bytes> {
    this.next = "go on";
    const { envelope } = this.#transaction!;
    const source = new MessageSource(content, this.#maxBytes);
    const answered = await this.#deliver(() => this.#visitor!.message(envelope, source));
    await source.drain();
    this.#transaction = null;
    this.#counts.onContent();
    if (source.cut !== null) return this.#endWithin(source.cut);
    return source.isTooLarge ? this.#refuse(new SmtpRefusal("too_large")) : answered();
  }

  /** Goes on inside TLS: nothing that was said before counts (RFC 3207 4.2). */
  secured(): void {
    this.next = "go on";
    this.#isSecure = true;
    this.#login.isLoggedIn = false;
    this.#verb = this.#helo = this.#transaction = null;
  }

  /** The connection is over. */
  close(): void {
    this.#visitor?.leave();
    this.#visitor = null;
  }

  hello(verb: "HELO" | "EHLO", argument: string): Reply {
    if (!isHostName(argument)) throw new SmtpRefusal("bad_host");
    this.#verb = verb;
    this.#helo = argument.toLowerCase();
    this.#transaction = null;
    const { hostname } = this.#options;
    return verb === "HELO" ? [250, hostname] : [250, hostname, ...this.#extensions()];
  }

  startTls(argument: string): Reply {
    if (argument !== "") throw new SmtpRefusal("tls_alone");
    if (this.#isSecure) throw new SmtpRefusal("tls_active");
    this.next = "secure";
    return [220, "2.0.0 Ready to start TLS"];
  }

  auth(argument: string): Reply | Promise<Reply> {
    // RFC 4954 4: a sender is checked against the account that is logged in by then.
    if (this.#transaction !== null) throw new SmtpRefusal("login_too_late");
    if (this.#mustSecure) throw new SmtpRefusal("tls_before_login");
    return this.#login.begin(argument);
  }

  async mail(argument: string): Promise<Reply> {
    const { policy } = this.#options;
    const path = parsePath("FROM", argument, policy.ownDomain);
    if (path === null) throw new SmtpRefusal("bad_sender");
    const said = parseMailParameters(path.parameters, policy.offersNotices ?? false);
    if (this.#transaction !== null) throw new SmtpRefusal("nested");
    if (said.bytes > this.#maxBytes) throw new SmtpRefusal("too_large");
    await this.#visitor!.mail(path.address, said.bytes);
    this.#options.onMail?.();
    this.#transaction = new Transaction(policy, path.address, said.envelopeId);
    return [250, "2.1.0 Accepted"];
  }

  async recipient(argument: string): Promise<Reply> {
    const { policy } = this.#options;
    const path = parsePath("TO", argument, policy.ownDomain);
    if (path === null) throw new SmtpRefusal("bad_recipient");
    const query = parseRecipientParameters(path.parameters, policy.offersNotices ?? false);
    if (this.#transaction === null) throw new SmtpRefusal("sender_first");
    this.#transaction.requireRoomFor(path.address);
    try {
      await this.#visitor!.recipient(path.address);
    } catch (error) {
      if (!isFailure(error, "malformed")) throw error;
      // No account can have the address. The code of this failure would blame the message.
      throw new MailError("no_such_recipient", error.message);
    }
    this.#transaction.add(path.address, query);
    return [250, "2.1.5 Accepted"];
  }

  data(argument: string): Reply {
    if (argument !== "") throw new SmtpRefusal("data_alone");
    if (!this.#transaction?.hasRecipients) throw new SmtpRefusal("recipient_first");
    this.next = "content";
    return [354, "End data with <CR><LF>.<CR><LF>"];
  }

  reset(): Reply {
    this.#transaction = null;
    return [250, "2.0.0 Flushed"];
  }

  verify(argument: string): Reply {
    if (argument === "") throw new SmtpRefusal("verify_whom");
    return [252, "2.1.5 Try to send something. No promises though"];
  }

  quit(): Reply {
    this.next = "close";
    return [221, "2.0.0 Bye"];
  }

  async #carryOut(line: string): Promise<Reply> {
    const intrusion = intruding(line);
    if (intrusion !== null) throw new SmtpRefusal(intrusion);
    if (this.#login.isExpecting) {
      this.#countUnauthenticated();
      return await this.#login.answer(line.trim());
    }
    const blank = line.search(/\s|$/);
    return await this.#run(line.slice(0, blank).toUpperCase(), line.slice(blank).trim());
  }

  async #run(name: string, argument: string): Promise<Reply> {
    const isOwn = this.#options.policy.verbs?.includes(name) ?? false;
    if (!isOwn && !this.#isOffered(name)) throw this.#counts.unknown();
    if (name !== "AUTH") this.#countUnauthenticated();
    if (isOwn) return await this.#visitor!.command!(name, argument);
    if (this.#helo === null && greetedCommands.has(name)) throw new SmtpRefusal("hello_first");
    if (this.#needsLogin && transferCommands.has(name)) throw new SmtpRefusal("login_first");
    return await commands[name]!.call(this, argument);
  }

  #isOffered(name: string): boolean {
    const { policy, canSecure } = this.#options;
    if (name === "AUTH") return policy.requiresLogin || (policy.offersLogin ?? false);
    return name === "STARTTLS" ? canSecure : Object.hasOwn(commands, name);
  }

  /** Where a password has to wait for TLS, AUTH is not offered before (RFC 4954 4). */
  #extensions(): string[] {
    const { policy, canSecure } = this.#options;
    const hasAuth = this.#isOffered("AUTH") && !this.#login.isLoggedIn && !this.#mustSecure;
    return [
      "PIPELINING",
      "8BITMIME",
      "SMTPUTF8",
      "ENHANCEDSTATUSCODES",
      ...(policy.offersNotices ? ["DSN"] : []),
      ...(hasAuth ? [`AUTH ${this.#login.mechanisms.join(" ")}`] : []),
      ...(canSecure && !this.#isSecure ? ["STARTTLS"] : []),
      `SIZE ${this.#maxBytes}`,
    ];
  }

  get #mustSecure(): boolean {
    return !this.#isSecure && (this.#options.policy.offersLogin ?? false);
  }

  get #needsLogin(): boolean {
    return this.#options.policy.requiresLogin && !this.#login.isLoggedIn;
  }

  /** Hands a message over; what came of it is told only once its content was read to the end. */
  async #deliver(work: () => Promise<string>): Promise<() => Bytes> {
    try {
      const words = await work();
      return () => encodeReply([250, `2.6.0 ${words}`]);
    } catch (error) {
      return () => this.#refuse(error);
    }
  }

  #endWithin(cause: unknown): Bytes {
    this.next = "close";
    return cause instanceof SmtpRefusal ? this.#refuse(cause) : new Uint8Array();
  }

  #countUnauthenticated(): void {
    if (this.#needsLogin) this.#counts.unauthenticated();
  }

  #refuse(error: unknown): Bytes {
    if (isAdministratorsMatter(error)) this.#options.onDefect(error);
    const reply = replyTo(error);
    if (isFinal(reply)) this.next = "cut off";
    else if (this.#counts.isLast(error)) {
      return concatBytes([encodeReply(reply), this.dismiss("too_many_refused")]);
    }
    return encodeReply(reply);
  }
}
