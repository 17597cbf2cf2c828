/** The other end of a line protocol, as a test plays it: says exactly what it is told to, and reads lines. */
import assert from "node:assert/strict";
import { byteString } from "../../src/mime/byte_string.ts";
import type { Connection } from "../../src/net/connection.ts";

export class MailProgram {
  readonly #connection: Connection;
  #text = "";
  /** Where what was not read yet begins. */
  #at = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Says text as it is; one character is one byte. */
  async say(text: string, chunkBytes = Infinity): Promise<void> {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      await this.#connection.write(bytes.subarray(at, at + chunkBytes));
    }
  }

  /** Reads a line, without its CRLF; null at the end. One byte is one character. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf("\r\n", this.#at);
      if (end >= 0) {
        const line = this.#text.slice(this.#at, end);
        this.#at = end + 2;
        return line;
      }
      if (!await this.#more()) return null;
    }
  }

  /** Reads an SMTP reply of any number of lines. */
  async reply(): Promise<string | null> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === null) return lines.length === 0 ? null : lines.join("\n");
      lines.push(line);
      if (!/^\d{3}-/.test(line)) return lines.join("\n");
    }
  }

  /** Says a line and reads its reply. */
  async ask(line: string): Promise<string | null> {
    await this.say(`${line}\r\n`);
    return await this.reply();
  }

  /** Says lines one after the other, each answered as it should be: by what its reply begins with. */
  async talk(lines: readonly (readonly [line: string, reply: string])[]): Promise<void> {
    for (const [line, wanted] of lines) {
      const reply = await this.ask(line);
      assert.ok(reply?.startsWith(wanted), `${line.slice(0, 200)}: ${reply} instead of ${wanted}`);
    }
  }

  /** Reads what comes up to the end. */
  async rest(): Promise<string> {
    while (await this.#more());
    return this.#text;
  }

  async #more(): Promise<boolean> {
    const bytes = await this.#connection.read();
    this.#text = this.#text.slice(this.#at) + (bytes === null ? "" : byteString(bytes));
    this.#at = 0;
    return bytes !== null;
  }

  close(): void {
    this.#connection.close();
  }
}
