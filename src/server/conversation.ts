/** One connection from its hello to its end: one loop, one catch. */
import { type Bytes, freeBytes } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";
import { bestEffort } from "../model/promises.ts";
import type { Connection } from "../net/connection.ts";
import { type ServerEvent, ServerSession } from "../session/server_session.ts";
import { RequestRunner } from "./request_runner.ts";
import type { ConnectionSlot } from "./connection_table.ts";
import type { ConversationContext } from "./context.ts";
import { LongPoll } from "./long_poll.ts";

export class Conversation {
  readonly #context: ConversationContext;
  readonly #connection: Connection;
  readonly #slot: ConnectionSlot;
  readonly #session: ServerSession;
  readonly #requests: RequestRunner;
  readonly #longPoll: LongPoll;
  #frameSince: number | null = null;
  #reading = false;
  #finishing = false;
  #isCounted = false;
  #isWaiting = false;
  /** What is carried out now. */
  #handling: Promise<void> = Promise.resolve();

  constructor(context: ConversationContext, connection: Connection, slot: ConnectionSlot) {
    const { handlers, store, uploadBudget, log, table, limits } = context;
    this.#context = context;
    this.#connection = connection;
    this.#slot = slot;
    this.#session = new ServerSession(context.key, connection.certificateDigest);
    this.#longPoll = new LongPoll(connection, limits.waitTimeoutMs);
    this.#requests = new RequestRunner(this.#session, {
      handlers,
      store,
      maxSealedBytes: context.maxSealedBytes(),
      uploadBudget,
      log,
      address: slot.address,
      now: context.now,
      flush: () => this.#flush(),
      onLogin: ({ account, device }) => table.logIn(slot, account.id, device?.key.toHex() ?? null),
      waitForNews: (work) => this.#waitForNews(work),
      endOthers: (account) => {
        table.endOthers(slot);
        void context.appPasswords.checkAgain(account);
      },
      endDevice: (key) => table.endDevice(slot, key.toHex()),
    });
  }

  /** Talks until either side ends it. */
  async run(): Promise<void> {
    try {
      await this.#session.start();
      for (let event; (event = await this.#nextEvent()) !== null;) {
        this.#handling = this.#requests.handle(event);
        await this.#handling;
      }
    } catch (error) {
      await bestEffort(this.#part(error)); // the error is in the log; the peer may be gone
    } finally {
      this.#connection.close();
      await this.#requests.discardUploads();
    }
  }

  /** Ends the conversation as soon as nothing is in flight. */
  finish(): void {
    this.#finishing = true;
    this.#longPoll.end();
    if (this.#reading && this.#requests.idle) this.#connection.close();
  }

  /**
   * Ends the conversation of an account, null: of any, whose session is over by now. What is being carried out ends
   * before, but not what waits for news: it may itself be what ended the others.
   */
  async endIfOver(account: AccountId | null): Promise<void> {
    if (!this.#requests.isOf(account)) return;
    if (!this.#isWaiting) await bestEffort(this.#handling); // `run` hears of it
    if (!await this.#requests.isOver()) return;
    this.#context.table.end(this.#slot);
  }

  /** Does work that waits for others, with everything answered that was asked before. */
  async #waitForNews<T>(work: (over: AbortSignal) => Promise<T>): Promise<T> {
    const { midFrame: saidMore } = this.#session;
    if (!saidMore) await this.#flush();
    this.#isWaiting = true;
    try {
      return await this.#longPoll.wait(work, saidMore);
    } finally {
      this.#isWaiting = false;
    }
  }

  /** Waits for what the peer does next. Replies go out when nothing more of it is here. Null: it is over. */
  async #nextEvent(): Promise<ServerEvent | null> {
    for (;;) {
      if (this.#slot.revoked) return null; // also with requests that are here already
      const event = await this.#session.next();
      if (event !== null) {
        this.#frameSince = null;
        // One flight may bring the handshake's end and a request: that has the time of a login.
        if (!this.#session.loggedIn) this.#waitUntil(this.#entryDeadline(), "the server");
        return event;
      }
      await this.#flush();
      if (this.#finishing && this.#requests.idle) return null;
      const bytes = await this.#read();
      if (bytes === null) return null;
      this.#context.metrics.count("received_bytes_total", bytes.length);
      this.#session.push(bytes);
      freeBytes(bytes);
    }
  }

  async #read(): Promise<Bytes | null> {
    const { midFrame, loggedIn } = this.#session;
    this.#waitUntil(this.#readDeadline(), midFrame ? "the rest of a frame" : "a frame");
    this.#reading = true;
    const bytes = await this.#longPoll.read();
    this.#reading = false;
    this.#waitUntil(loggedIn ? Infinity : this.#entryDeadline(), "the server");
    return bytes;
  }

  async #flush(): Promise<void> {
    const bytes = this.#session.takeOutput();
    if (bytes === null) return;
    this.#count(bytes.length);
    this.#waitUntil(this.#calmDeadline(), "its reading");
    await this.#connection.write(bytes);
    freeBytes(bytes);
    if (this.#session.loggedIn) this.#waitUntil(Infinity, "the server");
  }

  /** The first bytes after a handshake are the answer to it. */
  #count(sentBytes: number): void {
    const { metrics } = this.#context;
    metrics.count("sent_bytes_total", sentBytes);
    if (this.#isCounted || !this.#session.confirmed) return;
    this.#isCounted = true;
    metrics.count("handshakes_total");
  }

  #waitUntil(deadline: number, waitingFor: string): void {
    this.#slot.deadline = deadline;
    this.#slot.waitingFor = waitingFor;
  }

  #readDeadline(): number {
    if (!this.#session.midFrame) return this.#calmDeadline();
    const { clock, limits } = this.#context;
    this.#frameSince ??= clock();
    return Math.min(this.#calmDeadline(), this.#frameSince + limits.frameTimeoutMs);
  }

  /** The deadline of one that is in no middle of a frame. */
  #calmDeadline(): number {
    if (!this.#session.loggedIn) return this.#entryDeadline();
    return this.#context.clock() + this.#context.limits.idleTimeoutMs;
  }

  /** Until its login a connection has time for all of it, not for each frame. */
  #entryDeadline(): number {
    const { handshakeTimeoutMs, loginTimeoutMs } = this.#context.limits;
    return this.#slot.since + (this.#session.confirmed ? loginTimeoutMs : handshakeTimeoutMs);
  }

  /** Tells the peer why, where it can hear it, and lets it read that: unread bytes would make the system cut it off. */
  async #part(error: unknown): Promise<void> {
    const told = this.#tellable(error);
    if (told === null) return;
    if (this.#session.confirmed) await this.#session.fail(told);
    else this.#session.refuse(told);
    await this.#flush();
    this.#waitUntil(this.#context.clock() + this.#context.limits.lingerTimeoutMs, "its end");
    while (await this.#longPoll.read() !== null);
  }

  /** Null: the connection is gone, there is nothing to tell. */
  #tellable(error: unknown): MailError | null {
    const { log } = this.#context;
    const { address } = this.#slot;
    if (!(error instanceof MailError)) {
      log.error("internal", error, { address });
      return new MailError(
        "internal",
        "Cannot continue: there is a bug in the server, see its log",
      );
    }
    if (error.code === "unavailable") return null;
    log.info(error.code === "try_later" ? "limit hit" : "session broken", {
      address,
      reason: error.message,
    });
    return error;
  }
}
