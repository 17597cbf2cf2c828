/** A mail program that speaks IMAP, as quick as it can. */
import { utf8 } from "../src/model/bytes.ts";

/** More than any last line of an answer has. */
const tailLength = 65_536;

/** Where a mailbox can be had by IMAP, without TLS. */
export interface ImapPlace {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export class ImapTalk {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(262_144);
  readonly #decoder = new TextDecoder("latin1");
  #tail = "";
  #tag = 0;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects and logs in. */
  static async open({ port, user, password }: ImapPlace): Promise<ImapTalk> {
    const talk = new ImapTalk(await Deno.connect({ hostname: "127.0.0.1", port }));
    await talk.hear(/^\* (OK|PREAUTH).*\r\n/);
    await talk.ask(`LOGIN "${user}" "${password}"`);
    return talk;
  }

  /** Says a command and reads its answer. @throws {Error} for a refusal */
  async ask(command: string): Promise<void> {
    const tag = `a${++this.#tag}`;
    await this.#say(`${tag} ${command}\r\n`);
    const said = await this.hear(new RegExp(`(?:^|\\r\\n)${tag} (OK|NO|BAD)[^\\r\\n]*\\r\\n$`));
    if (!said.includes(`${tag} OK`)) throw new Error(`${command}: ${said}`);
  }

  /** Stores a message. */
  async append(folder: string, message: string): Promise<void> {
    await this.ask(`APPEND ${folder} {${utf8(message).length}+}\r\n${message}`);
  }

  /** Goes into IDLE. What is told then, `hear` finds. */
  async idle(): Promise<void> {
    await this.#say(`a${++this.#tag} IDLE\r\n`);
    await this.hear(/\+[^\r\n]*\r\n/);
  }

  async endIdle(): Promise<void> {
    await this.#say("DONE\r\n");
    await this.hear(new RegExp(`a${this.#tag} OK[^\\r\\n]*\\r\\n$`));
  }

  /** Reads until something was said, and returns the end of it. What came before is gone. */
  async hear(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#tail);
      if (found !== null) {
        this.#tail = this.#tail.slice(found.index + found[0].length);
        return found[0];
      }
      const length = await this.#connection.read(this.#buffer);
      if (length === null) throw new Error("The server hung up");
      const more = this.#decoder.decode(this.#buffer.subarray(0, length));
      this.#tail = (this.#tail + more).slice(-tailLength);
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #say(text: string): Promise<void> {
    const bytes = utf8(text);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }
}
