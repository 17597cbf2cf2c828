/** People with mailboxes behind the balancer, in this process: they send, and wait for mail, as commands do. */
import type { LoginOptions } from "../../src/client/account/log_in.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { openMailbox, register } from "../../src/client/open_mailbox.ts";
import {
  ReconnectingMailbox,
  retryForever,
} from "../../src/client/watching/reconnecting_mailbox.ts";
import { newMail } from "../../src/client/watching/watch_new_mail.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { failures, MailError } from "../../src/model/errors.ts";
import { pause } from "./programs.ts";

/** Two messages a second are what a server lets an account send for long. */
const betweenSendsMs = 500;
const repeatMs = 250;
const bodyBytes = [200, 2_000, 100_000]; // the last comes as an upload
const heardWithinMs = 60_000;

export class Person {
  readonly name: string;
  readonly #options: LoginOptions;

  private constructor(name: string, options: LoginOptions) {
    this.name = name;
    this.#options = options;
  }

  /** Makes an account, whose login is saved in a folder. `server` is `host:port#fingerprint`. */
  static async register(name: string, server: string, folder: string): Promise<Person> {
    const state = { folder: `${folder}/people/${name}` };
    const password = () => Promise.resolve(`the long password of ${name}`);
    const options = { state, server: parseServer(server), name, password };
    (await register({ ...options, isSaved: true })).close();
    return new Person(name, options);
  }

  open(): Promise<Mailbox> {
    return openMailbox(this.#options);
  }

  async with<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const mailbox = await this.open();
    try {
      return await work(mailbox);
    } finally {
      mailbox.close();
    }
  }
}

/** A message that was acknowledged. */
export interface Sent {
  readonly key: string;
  readonly to: readonly string[];
  readonly id: number;
}

export class Sender {
  readonly person: Person;
  readonly sent: Sent[] = [];
  /** Failures that say that a repeat may help, and got one. */
  repeats = 0;
  /** The others. */
  readonly refusals: string[] = [];
  /** The longest that a message took from the first try to its acknowledgement. */
  longestMs = 0;
  readonly #readers: readonly string[];
  #mailbox: Mailbox | null = null;

  constructor(person: Person, readers: readonly string[]) {
    this.person = person;
    this.#readers = readers;
  }

  /** Sends one message after the other, each until it is acknowledged. */
  async work(isOver: () => boolean): Promise<void> {
    for (let n = 0; !isOver(); n++) {
      const first = n % this.#readers.length;
      const to = n % 3 === 0 ? this.#readers : [this.#readers[first]!];
      const begun = performance.now();
      await this.#send(`${this.person.name}-${n}`, to, bodyBytes[n % bodyBytes.length]!);
      const took = performance.now() - begun;
      this.longestMs = Math.max(this.longestMs, took);
      if (Math.random() < 0.2) this.#hangUp(); // as one command after the other does
      await pause(Math.max(0, betweenSendsMs * 2 * Math.random() - took));
    }
    this.#hangUp();
  }

  async #send(key: string, to: readonly string[], bytes: number): Promise<void> {
    const body = utf8("a line of sixty-four characters, which is repeated for some length\n"
      .repeat(bytes / 64));
    const draft = { to, cc: [], bcc: [], subject: key, body, attachments: [], key };
    for (;;) {
      try {
        this.#mailbox ??= await this.person.open();
        const { id } = await this.#mailbox.send(draft);
        this.sent.push({ key, to, id });
        return;
      } catch (error) {
        this.#hangUp();
        if (error instanceof MailError && failures[error.code].retry) this.repeats++;
        else this.refusals.push(`${key}: ${error}`);
        const told = error instanceof MailError ? error.retryAfterSeconds ?? 0 : 0;
        await pause(Math.max(told * 1000, repeatMs));
      }
    }
  }

  #hangUp(): void {
    this.#mailbox?.close();
    this.#mailbox = null;
  }
}

/** Waits for mail, as `mailctl wait` does, over as many connections as it takes. */
export class Follower {
  /** Keys, in the order in which they came. */
  readonly heard: string[] = [];
  #steady: ReconnectingMailbox | null = null;
  #isOver = false;
  readonly #following: Promise<void>;

  constructor(person: Person) {
    this.#following = this.#follow(person);
  }

  /** Waits until so many were heard of, for a time, and ends. */
  async end(count: number): Promise<void> {
    const end = performance.now() + heardWithinMs;
    while (this.heard.length < count && performance.now() < end) await pause(100);
    this.#isOver = true;
    this.#steady?.close();
    await this.#following;
  }

  async #follow(person: Person): Promise<void> {
    const steady = this.#steady = new ReconnectingMailbox(
      await person.open(),
      retryForever(() => {}),
    );
    try {
      for await (const { headers } of newMail(steady, { unread: true })) {
        this.heard.push(headers?.subject ?? "cannot be opened");
      }
    } catch (error) {
      if (!this.#isOver) this.heard.push(`${person.name} hears no more: ${error}`);
    }
  }
}
