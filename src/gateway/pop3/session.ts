/** The server's side of POP3 as a state machine: RFC 1939, 2449, 2595, 3206, 5034, 6856. Knows no socket. */
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { CutShort } from "../cut_short.ts";
import { encodeLine, topOf, writeMessage } from "./codec.ts";
import { findCommand, type Reply, type Verbs } from "./commands.ts";
import type { LoginHost } from "../sasl/program_login.ts";
import { MaildropLogin } from "./maildrop_login.ts";
import { Final, Refused, tellFailure } from "./refusal.ts";

/** A message as a maildrop has it while it is open. */
export interface DropMessage {
  /** Bytes that `source` gives. */
  readonly bytes: number;
  /** Never given to another message: RFC 1939 7. */
  readonly uid: string;
  /** Where true, nothing but a whole reading gives more than the header. */
  readonly isHeaderOnly?: boolean;
}

/** A mailbox as it was when it was opened; nobody else has it meanwhile. */
export interface Maildrop<M extends DropMessage = DropMessage> {
  readonly messages: readonly M[];
  /** Hands a message out; what throws before the first byte can be told. */
  source(message: M): AsyncIterable<Uint8Array>;
  /** Has `source` no longer than it takes. */
  peek(message: M): AsyncIterable<Uint8Array>;
  /** Notes that a message was wholly handed out. */
  fetched(message: M): void;
  /** Deletes them; where it fails, nobody can tell how many are gone. @throws {MailError} */
  delete(messages: readonly M[]): Promise<void>;
  /** Lets go of it, however the session ended. */
  close(): Promise<void>;
}

export interface Pop3Host extends LoginHost {
  /** Null: somebody has it open. @throws {MailError} */
  open(): Promise<Maildrop | null>;
  /** Hears of defects. */
  readonly onDefect: (error: unknown) => void;
}

/** What the connection does behind a reply. */
export type Next = "go on" | "secure" | "close";

export class Pop3Session implements Verbs {
  readonly #host: Pop3Host;
  #canSecure: boolean;
  #drop: Maildrop | null = null;
  #deleted = new Set<DropMessage>();
  readonly #login: MaildropLogin;
  #refused = 0;
  next: Next = "go on";

  constructor(host: Pop3Host, { canSecure }: { readonly canSecure: boolean }) {
    this.#host = host;
    this.#login = new MaildropLogin(host);
    this.#canSecure = canSecure;
  }

  /** True once the password was right; opening the mailbox may take longer than a person is given to log in. */
  get isLoggedIn(): boolean {
    return this.#login.isDone;
  }

  greet(): Uint8Array {
    return encodeLine(`+OK mailctl${this.#host.shared === null ? "" : ` ${this.#login.greeted}`}`);
  }

  /** Answers a line; false is one that is none, or too long. */
  async *answer(said: string | false): AsyncGenerator<Uint8Array, void> {
    if (said === false) {
      this.next = "close";
      return void (yield encodeLine("-ERR [SYS/PERM] This is not a POP3 command"));
    }
    try {
      yield* await this.#carryOut(said);
    } catch (error) {
      if (error instanceof CutShort) throw error;
      yield encodeLine(this.#refusal(error));
    }
  }

  /** Goes on inside TLS: nothing that was said before counts. */
  secured(): void {
    this.next = "go on";
    this.#canSecure = false;
    this.#login.forget();
  }

  /** The connection is over; without QUIT nothing is deleted. */
  async close(): Promise<void> {
    await this.#drop?.close();
    this.#drop = null;
  }

  async #carryOut(said: string): Promise<Reply> {
    if (this.#login.isExpecting) return await this.#challenge(this.#login.answer(said));
    const [verb = "", ...words] = said.split(" ");
    const name = verb.toUpperCase();
    if (name === "PASS") return await this.#pass(said.slice(5)); // it may have blanks in it
    return await findCommand(name, this.#drop === null ? "before" : "inside").call(this, words);
  }

  capabilities(): Reply {
    const isOpen = this.#drop === null;
    const names = [
      "TOP",
      "UIDL",
      ...(isOpen ? ["USER", `SASL ${this.#login.mechanisms.join(" ")}`] : []),
      ...(isOpen && this.#canSecure ? ["STLS"] : []),
      "PIPELINING",
      "RESP-CODES",
      "AUTH-RESP-CODE",
      "UTF8",
      "EXPIRE NEVER",
      "IMPLEMENTATION mailctl",
    ];
    return [utf8(`+OK\r\n${names.join("\r\n")}\r\n.\r\n`)];
  }

  async quit(): Promise<Reply> {
    this.next = "close";
    const [drop, deleted] = [this.#drop, [...this.#deleted]];
    if (drop === null) return [encodeLine("+OK Goodbye")];
    try {
      if (deleted.length > 0) await drop.delete(deleted);
    } catch (error) {
      return [encodeLine(`${this.#refusal(error)}; some deleted messages not removed`)]; // RFC 1939 6
    } finally {
      await this.close();
    }
    return [encodeLine(`+OK ${deleted.length} deleted`)];
  }

  user(name: string): Reply {
    this.#login.user(name);
    return [encodeLine("+OK Send PASS")];
  }

  secure(): Reply {
    if (!this.#canSecure) throw new Refused("TLS is not available");
    this.next = "secure";
    return [encodeLine("+OK Begin TLS")];
  }

  async auth([mechanism = "", initial]: readonly string[]): Promise<Reply> {
    const { mechanisms } = this.#login;
    if (mechanism === "") return [utf8(`+OK\r\n${mechanisms.join("\r\n")}\r\n.\r\n`)];
    return await this.#challenge(this.#login.begin(mechanism, initial));
  }

  async apop(words: readonly string[]): Promise<Reply> {
    await this.#login.apop(words);
    return await this.#enter();
  }

  stat(): Reply {
    const left = this.#left();
    return [encodeLine(`+OK ${left.length} ${sum(left.map(([, { bytes }]) => bytes))}`)];
  }

  list(words: readonly string[], of: (message: DropMessage) => string | number): Reply {
    if (words.length > 0) {
      const message = this.#message(words[0]!);
      return [encodeLine(`+OK ${words[0]} ${of(message)}`)];
    }
    const lines = this.#left().map(([number, message]) => `${number} ${of(message)}\r\n`);
    return [utf8(`+OK\r\n${lines.join("")}.\r\n`)];
  }

  retrieve([number = ""]: readonly string[]): Reply {
    const message = this.#message(number);
    return this.#send(this.#drop!.source(message), () => this.#drop?.fetched(message));
  }

  top([number = "", count = ""]: readonly string[]): Reply {
    const message = this.#message(number);
    if (!/^\d{1,9}$/.test(count)) throw new Refused("Write TOP NUMBER LINES");
    const lines = message.isHeaderOnly ? 0 : Number(count);
    return this.#send(topOf(this.#drop!.peek(message), lines), () => {});
  }

  delete([number = ""]: readonly string[]): Reply {
    this.#deleted.add(this.#message(number));
    return [encodeLine("+OK Deleted at QUIT")];
  }

  reset(): Reply {
    this.#deleted.clear();
    return [encodeLine(`+OK ${this.#drop!.messages.length} messages`)];
  }

  async #pass(password: string): Promise<Reply> {
    if (this.#drop !== null) throw new Refused("Not now");
    await this.#login.pass(password);
    return await this.#enter();
  }

  async #challenge(asked: Promise<string | null>): Promise<Reply> {
    const challenge = await asked;
    return challenge === null ? await this.#enter() : [encodeLine(`+ ${challenge}`)];
  }

  async #enter(): Promise<Reply> {
    const drop = await this.#host.open();
    if (drop === null) throw new Refused("[IN-USE] Another program has this mailbox open");
    this.#drop = drop;
    return [encodeLine(`+OK ${drop.messages.length} messages`)];
  }

  /** Messages that are not deleted, with the numbers they keep. */
  #left(): [number: number, message: DropMessage][] {
    const all = this.#drop!.messages.map((message, at): [number, DropMessage] => [at + 1, message]);
    return all.filter(([, message]) => !this.#deleted.has(message));
  }

  #message(number: string): DropMessage {
    const message = /^\d{1,9}$/.test(number) && this.#drop!.messages[Number(number) - 1];
    if (!message || this.#deleted.has(message)) throw new Refused("There is no such message");
    return message;
  }

  /** Says that a message comes only once its first bytes are there: until then it can be refused. */
  async *#send(source: AsyncIterable<Uint8Array>, done: () => void): AsyncGenerator<Uint8Array> {
    let hasBegun = false;
    try {
      for await (const bytes of writeMessage(source)) {
        if (!hasBegun) yield encodeLine("+OK");
        hasBegun = true;
        yield bytes;
      }
    } catch (error) {
      throw hasBegun ? new CutShort("the message cannot be finished", { cause: error }) : error;
    }
    done();
  }

  #refusal(error: unknown): string {
    if (error instanceof Final || ++this.#refused >= limits.maxRefusedCommands) this.next = "close";
    if (error instanceof Refused) return `-ERR ${error.message}`;
    if (!(error instanceof MailError)) this.#host.onDefect(error);
    return tellFailure(error);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
