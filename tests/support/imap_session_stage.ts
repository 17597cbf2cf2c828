/** A session of IMAP over folders in memory, and a program that talks to it: all it hears is checked by the grammar. */
import assert from "node:assert/strict";
import { SharedPassword } from "../../src/gateway/bridge/shared_password.ts";
import type { ImapHost } from "../../src/gateway/imap/session_state.ts";
import { speakImap } from "../../src/gateway/imap/speak.ts";
import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import type { MailError } from "../../src/model/errors.ts";
import type { Connection } from "../../src/net/connection.ts";
import type { TlsIdentity } from "../../src/net/tls_identity.ts";
import { checkResponse } from "./imap_grammar.ts";
import { MemoryFolders } from "./memory_folders.ts";
import { pipe, type PipeOptions } from "./pipe.ts";

export class ImapSessionStage {
  readonly folders = new MemoryFolders();
  readonly defects: unknown[] = [];
  /** Thrown when the account is opened. */
  failure: MailError | null = null;
  isPreauthenticated = false;
  maxMessageBytes = 1_000;
  /** Sessions that have the account open. */
  opened = 0;
  shared = new SharedPassword("secret word", (name) => name === "alice");
  readonly identity: TlsIdentity | null;
  readonly #spoken: Promise<void>[] = [];

  constructor(identity: TlsIdentity | null = null) {
    this.identity = identity;
  }

  speak(connection: Connection): Promise<void> {
    const speaking = speakImap(connection, { host: this.#host(), identity: this.identity });
    this.#spoken.push(speaking);
    return speaking;
  }

  /** A program that was greeted. */
  async connect(options: PipeOptions = {}): Promise<ImapProgram> {
    const [ours, theirs] = pipe(options);
    this.speak(ours);
    const program = new ImapProgram(theirs);
    assert.match((await program.response())!, /^\* (?:OK|PREAUTH) \[CAPABILITY /);
    return program;
  }

  /** A program that is logged in. */
  async login(options?: PipeOptions): Promise<ImapProgram> {
    const program = await this.connect(options);
    await program.ok('LOGIN alice "secret word"');
    return program;
  }

  /** A program that has a folder open. */
  async select(folder = "INBOX", options?: PipeOptions): Promise<ImapProgram> {
    const program = await this.login(options);
    await program.ok(`SELECT ${folder}`);
    return program;
  }

  async over(): Promise<void> {
    await Promise.all(this.#spoken);
  }

  #host(): ImapHost {
    return {
      isPreauthenticated: this.isPreauthenticated,
      maxMessageBytes: this.maxMessageBytes,
      authenticate: (name, password) =>
        Promise.resolve(name === "alice" && password === "secret word"),
      shared: this.shared,
      open: async () => {
        await Promise.resolve();
        if (this.failure !== null) throw this.failure;
        this.opened++;
        return this.folders;
      },
      close: () => void this.opened--,
      now: Date.now,
      onDefect: (error) => void this.defects.push(error),
    };
  }
}

export class ImapProgram {
  readonly #connection: Connection;
  #text = "";
  #tags = 0;
  /** False: what comes is not looked at. */
  isStrict = true;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Says text as it is; one character is one byte. */
  async say(text: string, chunkBytes = Infinity): Promise<void> {
    const bytes = bytesOfString(text);
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      await this.#connection.write(bytes.subarray(at, at + chunkBytes));
    }
  }

  /** Reads a response with its literals, without its last CRLF; null at the end. */
  async response(): Promise<string | null> {
    for (let from = 0;;) {
      const end = this.#text.indexOf("\r\n", from);
      const [, bytes] = end < 0 ? [] : /\{(\d+)\}$/.exec(this.#text.slice(from, end)) ?? [];
      const next = bytes === undefined ? end : end + 2 + Number(bytes);
      if (end < 0 || next > this.#text.length) {
        if (!await this.#more()) return null;
      } else if (bytes === undefined) {
        const response = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        if (this.isStrict) checkResponse(response);
        return response;
      } else from = next;
    }
  }

  /** Says a command under a tag of its own; returns what is answered, the tag of the last one as `x`. */
  async ask(command: string): Promise<string[]> {
    const tag = `t${++this.#tags}`;
    await this.say(`${tag} ${command}\r\n`);
    return await this.until(tag);
  }

  /** Reads responses up to the tagged one, whose tag is told as `x`; or to the end. */
  async until(tag: string): Promise<string[]> {
    const responses: string[] = [];
    for (;;) {
      const response = await this.response();
      if (response === null) return [...responses, "end"];
      const isLast = response.startsWith(`${tag} `);
      responses.push(isLast ? response.replace(tag, "x") : response.replace(`"${tag}"`, '"x"'));
      if (isLast) return responses;
    }
  }

  /** As `ask`, where the answer has to be OK; returns what is untagged. */
  async ok(command: string): Promise<string[]> {
    const answer = await this.ask(command);
    assert.match(answer.at(-1)!, /^x OK /, `${command}: ${answer.join(" | ").slice(0, 500)}`);
    return answer.slice(0, -1);
  }

  async rest(): Promise<string> {
    while (await this.#more());
    return this.#text;
  }

  /** Says nothing more, and listens on. */
  finish(): void {
    this.#connection.end?.();
  }

  close(): void {
    this.#connection.close();
  }

  async #more(): Promise<boolean> {
    const bytes = await this.#connection.read();
    if (bytes !== null) this.#text += byteString(bytes);
    return bytes !== null;
  }
}

/** Compares responses with what they should be, by text or by expression. */
export function compareAnswers(
  answer: readonly string[],
  wanted: readonly (string | RegExp)[],
): void {
  assert.equal(answer.length, wanted.length, answer.join("\n"));
  for (const [at, each] of wanted.entries()) {
    if (typeof each === "string") assert.equal(answer[at], each);
    else assert.match(answer[at]!, each);
  }
}
