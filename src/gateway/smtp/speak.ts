/** SMTP on a connection: lines and content read, replies written, and time that runs out. */
import { type Bytes, concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort, letOthersIn } from "../../model/promises.ts";
import type { Connection } from "../../net/connection.ts";
import { inTime, isLost } from "../../net/deadline.ts";
import type { PlainConnection } from "../../net/tcp_connection.ts";
import type { TlsIdentity } from "../../net/tls_identity.ts";
import { type ContentPiece, SmtpReader } from "./codec.ts";
import { IdleTimer } from "../idle_timer.ts";
import type { SmtpPolicy } from "./policy.ts";
import { type RefusalReason, SmtpRefusal } from "./refusal.ts";
import { SmtpSession } from "./session.ts";

export interface SmtpOptions {
  readonly policy: SmtpPolicy;
  /** What the server calls itself. */
  readonly hostname: string;
  /** For STARTTLS; null: it is not offered. */
  readonly identity: TlsIdentity | null;
  /** Hears of defects, and of nothing that a client can cause. */
  readonly onDefect: (error: unknown) => void;
}

const lineFeed = 10;
const nothing = new Uint8Array();
/** Replies to pipelined commands wait for one another up to here (RFC 2920 3.2). */
const maxPendingBytes = 4 * 1024;
/** Commands that were sent at once are answered so many at a time: one connection must not hold up all others. */
const maxLinesAtOnce = 50;

export class SmtpConversation {
  readonly #options: SmtpOptions;
  readonly #session: SmtpSession;
  readonly #idle: IdleTimer;
  #connection: Connection;
  #reader = new SmtpReader();
  /** Replies that were not written yet. */
  readonly #pending: Bytes[] = [];
  #pendingBytes = 0;
  #lines = 0;
  #writing: Promise<void> = Promise.resolve();
  /** The other side owes something: to say a line, or to take a reply. */
  #isWaiting = false;
  #isUpgrading = false;
  #isTaking = false;
  /** Why it ends as soon as no message is on its way in. */
  #finishing: RefusalReason | null = null;
  #isDismissed = false;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #ending: Promise<void> | null = null;

  /** A connection that is inside TLS already tells of its certificate. */
  constructor(connection: Connection, options: SmtpOptions, onMail: () => void) {
    const { policy, hostname, identity, onDefect } = options;
    this.#options = options;
    this.#connection = connection;
    this.#idle = new IdleTimer(limits.mailProgramIdleMs, () => this.#onIdle());
    this.#session = new SmtpSession({
      policy,
      hostname,
      canSecure: identity !== null,
      isSecure: connection.certificateDigest !== null,
      remoteAddress: connection.remoteAddress,
      onDefect,
      onMail,
      finish: (reason) => this.finish(reason),
    });
  }

  /** Speaks until the connection is over. */
  async run(): Promise<void> {
    const { requiresLogin } = this.#options.policy;
    const late = requiresLogin && setTimeout(() => this.#loginIsLate(), limits.mailProgramLoginMs);
    this.#idle.restart();
    try {
      this.#say(this.#session.begin());
      while (await this.#goOn());
      await this.#part();
    } catch (error) {
      if (!isLost(error)) this.#options.onDefect(error);
    } finally {
      for (const timer of [late || undefined, this.#lingering]) clearTimeout(timer);
      this.#idle.stop();
      this.#connection.close();
      this.#session.close();
    }
  }

  /** Ends it as soon as no message is on its way in. */
  finish(reason: RefusalReason): void {
    this.#finishing ??= reason;
    if (!this.#isTaking) this.#dismiss(this.#finishing);
  }

  /** Does what comes next; false: nothing does. */
  async #goOn(): Promise<boolean> {
    if (this.#isDismissed) return false;
    switch (this.#session.next) {
      case "go on":
        return await this.#answerLine();
      case "content":
        return await this.#takeMessage();
      case "secure":
        return await this.#secure();
      default:
        return false;
    }
  }

  async #answerLine(): Promise<boolean> {
    const line = await this.#readLine();
    if (line === null) return false;
    this.#idle.restart();
    this.#say(await this.#session.answer(line));
    if (this.#pendingBytes > maxPendingBytes) await this.#flush();
    if (++this.#lines % maxLinesAtOnce === 0) await letOthersIn();
    return true;
  }

  /** Reads a line; null: none comes any more. What is no line ends the session. */
  async #readLine(): Promise<string | null> {
    try {
      for (;;) {
        const line = this.#reader.nextLine();
        if (line !== null) return line;
        const bytes = await this.#read();
        if (bytes === null) return null;
        this.#reader.push(bytes);
      }
    } catch (error) {
      if (!(error instanceof SmtpRefusal)) throw error;
      this.#dismiss(error.reason);
      return null;
    }
  }

  async #takeMessage(): Promise<boolean> {
    this.#isTaking = true;
    this.#say(await this.#session.take(this.#content()));
    this.#isTaking = false;
    if (this.#finishing !== null) this.#dismiss(this.#finishing);
    return true;
  }

  /** Reads content up to its end. @throws {SmtpRefusal} for a bare CR or LF; {MailError} `protocol` without an end */
  async *#content(): AsyncGenerator<Uint8Array, void> {
    this.#reader.startContent();
    const late = setTimeout(() => this.#dismiss("too_slow"), limits.mailProgramMessageMs);
    try {
      for (;;) {
        const content = this.#reader.nextContent() ?? await this.#readContent();
        if (content.bytes.length > 0) yield content.bytes;
        if (content.isEnd) return;
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** Only whole lines keep the connection from being idle: a byte now and then does not. */
  async #readContent(): Promise<ContentPiece> {
    const bytes = await this.#read();
    if (bytes === null) throw new MailError("protocol", "Cannot accept a message that has no end");
    if (bytes.includes(lineFeed)) this.#idle.restart();
    this.#reader.push(bytes);
    return { bytes: nothing, isEnd: false };
  }

  async #secure(): Promise<boolean> {
    await this.#flush();
    const plain = this.#connection as PlainConnection;
    this.#isUpgrading = true;
    const secured = plain.secure(this.#options.identity!);
    this.#connection = await inTime(secured, limits.handshakeTimeoutMs, () => plain.close());
    this.#isUpgrading = false;
    this.#reader = new SmtpReader(); // what was said ahead is forgotten
    this.#session.secured();
    return true;
  }

  /** Reads once everything was told; null: nothing comes any more, or nothing counts. */
  async #read(): Promise<Uint8Array | null> {
    await this.#flush();
    this.#isWaiting = true;
    const bytes = await readInTurn(this.#connection);
    this.#isWaiting = false;
    return this.#isDismissed ? null : bytes;
  }

  #say(bytes: Bytes): void {
    if (this.#isDismissed) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return this.#writing;
    const bytes = concatBytes(this.#pending.splice(0));
    this.#pendingBytes = 0;
    return this.#writing = this.#writing.then(() => this.#write(bytes));
  }

  async #write(bytes: Bytes): Promise<void> {
    this.#isWaiting = true;
    await this.#connection.write(bytes);
    this.#isWaiting = false;
  }

  /** Ends it, telling why; content that is on its way in has no end then. */
  #dismiss(reason: RefusalReason): void {
    if (this.#isDismissed) return;
    if (this.#isUpgrading) this.#connection.close(); // a word in the clear would be none of TLS
    else this.#say(this.#session.dismiss(reason));
    this.#isDismissed = true;
    this.#tellEnd();
  }

  /** The last reply is to be heard: what the other side says behind it is read past for a moment. */
  async #part(): Promise<void> {
    const told = this.#tellEnd();
    if (!this.#isDismissed && this.#session.next !== "cut off") return await told;
    while (await readInTurn(this.#connection) !== null);
  }

  #tellEnd(): Promise<void> {
    this.#lingering ??= setTimeout(() => this.#connection.close(), limits.lingerMs);
    // The connection may be gone already.
    return this.#ending ??= bestEffort(this.#flush().then(() => this.#connection.end?.()));
  }

  /** While a message is stored, or a password checked, the other side is the one that waits. */
  #onIdle(): void {
    if (this.#isWaiting) this.#dismiss("idle");
    else this.#idle.restart();
  }

  #loginIsLate(): void {
    if (!this.#session.isLoggedIn) this.#dismiss("login_late");
  }
}

/** Reads; one whose bytes are there already would let nobody else in. */
async function readInTurn(connection: Connection): Promise<Uint8Array | null> {
  const bytes = await connection.read();
  await letOthersIn();
  return bytes;
}
