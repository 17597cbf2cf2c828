/** A POP3 session over a maildrop in memory, and a program that talks to it. */
import type { DropMessage, Maildrop, Pop3Host } from "../../src/gateway/pop3/session.ts";
import { speakPop3 } from "../../src/gateway/pop3/speak.ts";
import type { Connection } from "../../src/net/connection.ts";
import type { TlsIdentity } from "../../src/net/tls_identity.ts";
import { SharedPassword } from "../../src/gateway/bridge/shared_password.ts";
import { MailProgram } from "./mail_program.ts";
import { pipe, type PipeOptions } from "./pipe.ts";

export class Pop3Stage {
  /** What is in the mailbox, a character a byte. */
  texts: string[];
  readonly defects: unknown[] = [];
  readonly fetched: string[] = [];
  /** Thrown by what is asked for next. */
  failure: unknown = null;
  /** Thrown in the middle of a message. */
  cut: unknown = null;
  isOpen = false;
  shared = new SharedPassword("secret word", (name) => name === "alice");
  readonly identity: TlsIdentity | null;
  readonly #spoken: Promise<void>[] = [];

  constructor(texts: readonly string[], identity: TlsIdentity | null = null) {
    this.texts = [...texts];
    this.identity = identity;
  }

  speak(connection: Connection): Promise<void> {
    const speaking = speakPop3(connection, { host: this.#host(), identity: this.identity });
    this.#spoken.push(speaking);
    return speaking;
  }

  /** A program that was greeted. */
  async connect(options: PipeOptions = {}): Promise<MailProgram> {
    const [ours, theirs] = pipe(options);
    this.speak(ours);
    const program = new MailProgram(theirs);
    if (!(await program.line())?.startsWith("+OK")) throw new Error("not greeted");
    return program;
  }

  /** A program that has the mailbox open. */
  async login(options?: PipeOptions): Promise<MailProgram> {
    const program = await this.connect(options);
    await program.talk([["USER alice", "+OK"], ["PASS secret word", "+OK"]]);
    return program;
  }

  async over(): Promise<void> {
    await Promise.all(this.#spoken);
  }

  #host(): Pop3Host {
    return {
      authenticate: (name, password) =>
        Promise.resolve(name === "alice" && password === "secret word"),
      shared: this.shared,
      open: () => Promise.resolve(this.#open()),
      onDefect: (error) => void this.defects.push(error),
    };
  }

  #open(): Maildrop<DropMessage & { readonly text: string }> | null {
    if (this.failure !== null) throw this.failure;
    if (this.isOpen) return null;
    this.isOpen = true;
    const messages = this.texts.map((text) => ({
      bytes: text.length,
      uid: `u${text.length}`,
      text,
    }));
    const source = (message: { text: string }) => this.#source(message.text);
    return {
      messages,
      source,
      peek: source,
      fetched: ({ text }) => void this.fetched.push(text),
      delete: (gone) => {
        if (this.failure !== null) throw this.failure;
        this.texts = this.texts.filter((text) => !gone.some((each) => each.text === text));
        return Promise.resolve();
      },
      close: () => {
        this.isOpen = false;
        return Promise.resolve();
      },
    };
  }

  async *#source(text: string): AsyncGenerator<Uint8Array> {
    if (this.failure !== null) throw this.failure;
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    yield bytes.subarray(0, 5);
    if (this.cut !== null) throw this.cut;
    yield bytes.subarray(5);
  }
}
