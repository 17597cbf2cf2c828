/** What happens while a page is open, told to it as it happens (server-sent events). */
import { utf8 } from "../../../model/bytes.ts";
import { limits } from "../../../model/limits.ts";
import { newWord } from "../visitors.ts";

/** What is told: the name of an event, and what goes with it as JSON. */
export interface Events {
  readonly mail: { readonly from: string; readonly subject: string; readonly outcome: string };
  /** Lists are not what they were. */
  readonly change: Record<string, never>;
  /** Bytes of a draft's content that were sealed so far. */
  readonly progress: { readonly draft: string; readonly bytes: number };
  readonly trouble: { readonly message: string };
  /** The trouble is over. */
  readonly well: Record<string, never>;
  /** The program was asked to end. */
  readonly gone: Record<string, never>;
  /** First of all. */
  readonly hello: { readonly proof: string };
  /** There is nobody signed in any more. */
  readonly end: Record<string, never>;
}

const beatMs = 20_000;
/** What a page that does not read may keep waiting. */
const maxWaiting = 1_000;

export class EventHub {
  /** By which a page knows the program that made it: whoever takes the port of one that ended was never told it. */
  readonly proof = newWord();
  readonly #streams = new Set<Stream>();
  #changes = 0;
  #trouble: Events["trouble"] | null = null;

  /** What keeps mail from being heard of, for people; null: nothing does. */
  get trouble(): string | null {
    return this.#trouble?.message ?? null;
  }

  /** The pages that are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** How often lists have changed so far. */
  get changes(): number {
    return this.#changes;
  }

  tell<N extends keyof Events>(name: N, data: Events[N]): void {
    if (name === "mail" || name === "change") this.#changes++;
    if (name === "trouble") this.#trouble = data as Events["trouble"];
    if (name === "well" || name === "end") this.#trouble = null;
    for (const stream of this.#streams) stream.write(this.#format(name, data));
  }

  /**
   * Opens a stream for a page that knows of so many changes; it begins with the proof, whether there is trouble, and a
   * change where there were more. Null: there are too many.
   */
  open(known: number): ReadableStream<Uint8Array> | null {
    if (this.#streams.size >= limits.maxPageStreams) return null;
    const stream: Stream = new Stream(() => this.#streams.delete(stream));
    this.#streams.add(stream);
    stream.write(this.#format("hello", { proof: this.proof }));
    stream.write(this.#trouble ? this.#format("trouble", this.#trouble) : this.#format("well", {}));
    if (known !== this.#changes) stream.write(this.#format("change", {}));
    return stream.readable;
  }

  /** Tells the pages that it ends, for good. */
  close(): void {
    this.tell("gone", {});
    for (const stream of this.#streams) stream.close();
  }

  /** Its id is how many changes there were by then. */
  #format<N extends keyof Events>(name: N, data: Events[N]): string {
    return `id: ${this.#changes}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}

class Stream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #onEnd: () => void;
  readonly #beat: ReturnType<typeof setInterval>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => this.#end(),
    });
    this.#beat = setInterval(() => this.write(": still here\n\n"), beatMs);
    this.write("retry: 1000\n\n");
  }

  write(text: string): void {
    if ((this.#controller.desiredSize ?? 0) < -maxWaiting) return this.close();
    this.#controller.enqueue(utf8(text));
  }

  close(): void {
    this.#end();
    this.#controller.close();
  }

  #end(): void {
    clearInterval(this.#beat);
    this.#onEnd();
  }
}
