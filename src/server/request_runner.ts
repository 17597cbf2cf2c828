/** What one session asks for, carried out in order: events in, replies into the session. */
import { freeBytes } from "../model/bytes.ts";
import { isFailure, MailError } from "../model/errors.ts";
import type { AccountId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { Uploads } from "../service/upload.ts";
import type { UploadBudget } from "../service/upload_budget.ts";
import type { Request, ServerEvent, ServerSession } from "../session/server_session.ts";
import { notAllowed, tellableError } from "../session/state.ts";
import type { Account } from "../store/account_store.ts";
import { accountClosed } from "../store/failures.ts";
import type { RequestKey } from "../store/request_store.ts";
import type { Actor, Store } from "../store/store.ts";
import type { Device } from "../store/device_store.ts";
import { requireUnexpired } from "../service/login_failures.ts";
import type { Entrance } from "../service/claims.ts";
import type { AccountName } from "../model/address.ts";
import { asRequestId, type LoginKey } from "../model/digests.ts";
import { operations } from "../wire/operations.ts";
import type { Caller, DownloadReply, Handlers, UploadSink } from "./handlers.ts";
import { accountChange } from "./account_changes.ts";
import type { Log } from "./log.ts";

export interface RequestRunnerOptions {
  readonly handlers: Handlers;
  readonly store: Store;
  /** The most that one sealed body may have. */
  readonly maxSealedBytes: number;
  readonly uploadBudget: UploadBudget;
  readonly log: Log;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Sends what the session has to send, as fast as the peer reads. */
  readonly flush: () => Promise<void>;
  readonly onLogin: (entrance: Entrance) => void;
  readonly waitForNews: Caller["waitForNews"];
  /** Ends the other sessions of an account, which this one is logged in to. */
  readonly endOthers: (account: AccountId) => void;
  /** Ends the other sessions that a device of that account was entered by. */
  readonly endDevice: (key: LoginKey) => void;
}

/** Replies gather up to this before they are sent although more requests wait. */
const maxOutputBytes = limits.chunkBytes;

export class RequestRunner {
  readonly #options: RequestRunnerOptions;
  readonly #session: ServerSession;
  readonly #caller: Caller;
  #account: Account | null = null;
  /** What is carried out, where a repeat of it would tell its first result. */
  #asked: Pick<RequestKey, "call" | "id"> | null = null;
  #device: Device | null = null;
  #closed = false;
  #upload: UploadSink<unknown> | null = null;

  constructor(session: ServerSession, options: RequestRunnerOptions) {
    this.#session = session;
    this.#options = options;
    this.#caller = {
      address: options.address,
      transcript: () => session.transcript,
      uploads: new Uploads(options.store, options.maxSealedBytes, options.uploadBudget),
      invite: null,
      account: () => this.#acting(),
      requestOf: (account) => this.#requestOf(account)!,
      requireNoAccount: () => this.#requireNoAccount(),
      device: () => this.#device,
      senders: () => this.#device?.senders ?? null,
      logIn: (entrance) => this.#logIn(entrance),
      waitForNews: options.waitForNews,
      logOutEverywhere: () => this.#logOutEverywhere(),
      renew: ({ request: _, ...account }) => void (this.#account = account),
      endOthers: () => this.#endOthers(),
      endDevice: (key) => options.endDevice(key),
    };
  }

  /** False while a body is on its way in, or waits for the message that takes it. */
  get idle(): boolean {
    return this.#upload === null && this.#caller.uploads.waiting === 0;
  }

  /**
   * Carries out one event. A failure becomes its answer.
   * @throws {MailError} where the connection is cut; `unavailable` where the session is over, once its peer is told
   */
  async handle(event: ServerEvent): Promise<void> {
    try {
      await this.#dispatch(event);
    } catch (error) {
      await this.#session.fail(this.#tellable(error, event));
      await this.#discardUpload();
      if (isFailure(error, "unavailable")) {
        await this.#options.flush();
        throw error;
      }
    }
    if (this.#session.outputBytes > maxOutputBytes) await this.#options.flush();
  }

  /** True where an account is logged in; of others than this one it is false. Null: whichever it is. */
  isOf(account: AccountId | null): boolean {
    return this.#account !== null && (account ?? this.#account.id) === this.#account.id;
  }

  /** True where the session of the account that is logged in was ended. */
  async isOver(): Promise<boolean> {
    const account = this.#account;
    if (account === null) return false;
    const look = this.#options.store.as(account).findAccount(account.name);
    return await look.then(() => false, () => true);
  }

  /** Drops what no message has taken. */
  discardUploads(): Promise<void> {
    return this.#caller.uploads.discardAll();
  }

  async #dispatch(event: ServerEvent): Promise<void> {
    switch (event.type) {
      case "request":
        return await this.#answer(event.request);
      case "refused":
        throw event.error;
      case "data":
        return await this.#upload!.append(event.bytes);
      case "end":
        return await this.#finishUpload(event.complete);
    }
  }

  async #answer({ name, value }: Request): Promise<void> {
    this.#asked = "request" in value
      ? { call: name, id: asRequestId(value.request.slice()) }
      : null;
    const answer = await this.#options.handlers[name](value as never, this.#caller);
    this.#noteChange(accountChange(name, answer));
    const { stream } = operations[name];
    if (stream === "up") this.#upload = answer as UploadSink<unknown>;
    else if (stream === "down") await this.#streamReply(name, answer as DownloadReply<unknown>);
    else await this.#session.reply(name, answer);
  }

  async #streamReply(
    name: Request["name"],
    { reply, body }: DownloadReply<unknown>,
  ): Promise<void> {
    let replied = false;
    for await (const chunk of body) {
      if (!replied) await this.#session.reply(name, reply); // most failures come before the first chunk
      replied = true;
      await this.#session.data(chunk);
      freeBytes(chunk);
      if (this.#session.outputBytes > maxOutputBytes) await this.#options.flush();
    }
    if (!replied) await this.#session.reply(name, reply);
    await this.#session.end();
  }

  async #finishUpload(complete: boolean): Promise<void> {
    if (!complete) throw new MailError("malformed", "Cannot store an upload that was not finished");
    const reply = await this.#upload!.finish();
    this.#upload = null;
    await this.#session.reply("upload", reply);
  }

  async #discardUpload(): Promise<void> {
    const upload = this.#upload;
    this.#upload = null;
    await upload?.discard();
  }

  #noteChange(change: string | null): void {
    if (change === null || this.#account === null) return;
    const { log, address } = this.#options;
    log.info(change, { account: this.#account.name, address });
  }

  #acting(): Account & Pick<Actor, "request"> {
    const account = this.#loggedIn();
    const request = this.#requestOf(account.name);
    return request === null ? account : { ...account, request };
  }

  #requestOf(account: AccountName): RequestKey | null {
    return this.#asked && { account, ...this.#asked, at: this.#options.now() };
  }

  #loggedIn(): Account {
    if (this.#closed) throw accountClosed();
    if (this.#device !== null) requireUnexpired(this.#device, this.#options.now());
    if (this.#account !== null) return this.#account;
    throw notAllowed(null);
  }

  #logOutEverywhere(): void {
    this.#closed = true;
    this.#endOthers();
  }

  #endOthers(): void {
    if (this.#account !== null) this.#options.endOthers(this.#account.id);
  }

  #logIn({ account, device }: Entrance): void {
    if (this.#account?.id !== account.id) this.#requireNoAccount();
    this.#account = account;
    this.#device = device;
    this.#session.logIn(device?.scope ?? "owner");
    this.#options.onLogin({ account, device });
  }

  #requireNoAccount(): void {
    if (this.#account === null) return;
    throw new MailError("denied", "Cannot log in to a second account in one session");
  }

  /** What the peer may hear of a failure. The log hears more. */
  #tellable(error: unknown, event: ServerEvent): MailError {
    const { log, address } = this.#options;
    const operation = event.type === "request" ? event.request.name : event.type;
    if (!(error instanceof MailError)) {
      log.error("internal", error, { address, operation });
      return new MailError("internal", "Cannot do that: there is a bug in the server, see its log");
    }
    const told = tellableError(error);
    if (told.code === "internal") log.error("internal", error, { address, operation });
    if (error.code === "denied" && operation === "login") log.info("login refused", { address });
    if (error.code === "denied" && (operation === "recovery" || operation === "recover")) {
      log.info("recovery refused", { address });
    }
    if (error.code === "try_later") log.warning("limit hit", { address, operation });
    if (error.code === "storage_full") log.error("storage full", error, { address, operation });
    if (error.code === "storage_failed") log.error("storage failed", error, { address, operation });
    return told;
  }
}
