/** A mail server that hands in message after message on one connection. */
import { utf8 } from "../src/model/bytes.ts";
import { SerialQueue } from "../src/model/serial_queue.ts";

const message =
  "From: Ann <ann@elsewhere.test>\r\nTo: receiver@example.org\r\nSubject: A message\r\n" +
  "Date: Sun, 29 Nov 2026 06:00:00 +0000\r\n\r\n" + `${"x".repeat(70)}\r\n`.repeat(28) + ".\r\n";

export class SmtpTalk {
  readonly #connection: Deno.Conn;
  readonly #buffer = new Uint8Array(4096);
  readonly #decoder = new TextDecoder();
  #text = "";
  readonly #queue = new SerialQueue();

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects and says who is there. */
  static async open(address: string): Promise<SmtpTalk> {
    const [hostname = "", port] = address.split(":");
    const talk = new SmtpTalk(await Deno.connect({ hostname, port: Number(port) }));
    await talk.#reply();
    await talk.#ask("EHLO elsewhere.test\r\n", 1);
    return talk;
  }

  /** Hands in one message of about 2 KiB; the next one waits for it. */
  send(recipient: string): Promise<void> {
    return this.#queue.run(async () => {
      const envelope = `MAIL FROM:<ann@elsewhere.test>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`;
      await this.#ask(envelope, 3);
      await this.#ask(message, 1);
    });
  }

  close(): void {
    this.#connection.close();
  }

  async #ask(lines: string, replies: number): Promise<void> {
    const bytes = utf8(lines);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    for (let count = 0; count < replies; count++) await this.#reply();
  }

  /** @throws {Error} for a refusal */
  async #reply(): Promise<void> {
    for (;;) {
      const end = this.#text.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        if (line[3] === "-") continue;
        if (!/^[23]/.test(line)) throw new Error(line);
        return;
      }
      const length = await this.#connection.read(this.#buffer);
      if (length === null) throw new Error("The server hung up");
      this.#text += this.#decoder.decode(this.#buffer.subarray(0, length));
    }
  }
}
