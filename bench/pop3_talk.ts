/** A mail program that fetches a mailbox by POP3. */
import { utf8 } from "../src/model/bytes.ts";

export class Pop3Talk {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(65_536);
  readonly #decoder = new TextDecoder("latin1");
  #text = "";

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects and logs in, which opens the mailbox. */
  static async open(port: number, user: string, password: string): Promise<Pop3Talk> {
    const talk = new Pop3Talk(await Deno.connect({ hostname: "127.0.0.1", port }));
    await talk.#reply("\r\n");
    await talk.#ask(`USER ${user}`, "\r\n");
    await talk.#ask(`PASS ${password}`, "\r\n");
    return talk;
  }

  /** Asks for the unique ids, and returns how many there are. */
  async list(): Promise<number> {
    return (await this.#ask("UIDL", "\r\n.\r\n")).split("\r\n").length - 3;
  }

  /** Fetches one message. */
  retrieve(number: number): Promise<string> {
    return this.#ask(`RETR ${number}`, "\r\n.\r\n");
  }

  /** Says goodbye, and waits until the mailbox is free for the next. */
  async quit(): Promise<void> {
    await this.#ask("QUIT", "\r\n");
    while (await this.#connection.read(this.#buffer) !== null);
    this.#connection.close();
  }

  async #ask(command: string, end: string): Promise<string> {
    await this.#connection.write(utf8(`${command}\r\n`));
    return await this.#reply(end);
  }

  /** @throws {Error} for a refusal */
  async #reply(end: string): Promise<string> {
    for (;;) {
      if (this.#text.startsWith("-ERR")) throw new Error(this.#text);
      if (this.#text.endsWith(end)) {
        const reply = this.#text;
        this.#text = "";
        return reply;
      }
      const length = await this.#connection.read(this.#buffer);
      if (length === null) throw new Error("The server hung up");
      this.#text += this.#decoder.decode(this.#buffer.subarray(0, length));
    }
  }
}
