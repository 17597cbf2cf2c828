/** The message of APPEND on its way in: never held, and whole only with the end of its command. */
import { type CommandReader, isLiteralBehind, type OpenLiteral } from "./reader.ts";
import { Bad, Hopeless } from "./refusal.ts";

export class AppendBody {
  readonly #reader: CommandReader;
  readonly #closing: string;
  #left: number;
  #isComing: boolean;
  #isAtEnd = false;
  /** Why it is not whole; null: nothing is known of that. */
  fault: unknown = null;

  /** `closing`: what stands between the literal and the end of the line. */
  constructor(reader: CommandReader, open: OpenLiteral, closing: string) {
    this.#reader = reader;
    this.#closing = closing;
    this.#left = open.bytes;
    this.#isComing = !open.waits;
  }

  /** The client was told to go on. */
  begin(): void {
    this.#isComing = true;
  }

  /** Its last piece comes once the command is at its end: one that is cut off there is not stored. */
  async *content(): AsyncGenerator<Uint8Array, void> {
    try {
      let last: Uint8Array | null = null;
      for await (const piece of this.#reader.literal(this.#left)) {
        this.#left -= piece.length;
        if (last !== null) yield last;
        last = piece;
      }
      await this.#end();
      if (last !== null) yield last;
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }

  /** Reads what is still to come of the command, for nothing. */
  async passOver(): Promise<void> {
    if (!this.#isComing || this.#isAtEnd || this.fault !== null) return;
    for await (const piece of this.#reader.literal(this.#left)) this.#left -= piece.length;
    await this.#end().catch((error) => {
      if (!(error instanceof Bad)) throw error;
    });
  }

  async #end(): Promise<void> {
    this.#isAtEnd = true;
    const rest = await this.#reader.answer();
    if (rest === this.#closing) return;
    const Refusal = isLiteralBehind(rest ?? "") ? Hopeless : Bad;
    throw new Refusal("One message, and nothing behind it");
  }
}
