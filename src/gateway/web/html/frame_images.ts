/**
 * Images that the frame of HTML mail may show: those that came with the message, as `data:` addresses. An address of
 * the page's own would need the frame to reach it, with a cookie, and it reaches nothing.
 */
import { readImageHeader } from "../../../mime/image_header.ts";
import { decodeContentId } from "../../../mime/role.ts";
import { limits } from "../../../model/limits.ts";

export class FrameImages {
  readonly #parts: ReadonlyMap<string, Uint8Array>;
  /** By what the HTML has as the source; null: not shown. */
  readonly #addresses = new Map<string, string | null>();
  #characters = 0;
  #pixels = 0;

  /** `parts` are by their ids. */
  constructor(parts: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#parts = parts;
  }

  /** Finds the address under which the frame shows a source; null: it does not. */
  addressOf(source: string): string | null {
    const address = this.#addresses.getOrInsertComputed(source, () => this.#admit(source));
    if (address === null) return null;
    this.#characters += address.length; // each time: the browser gets it each time
    return this.#characters > limits.maxFrameImageCharacters ? null : address;
  }

  #admit(source: string): string | null {
    const bytes = this.#bytesOf(source);
    const header = bytes === undefined ? null : readImageHeader(bytes);
    if (header === null) return null;
    const pixels = header.width * header.height;
    if (this.#pixels + pixels > limits.maxFramePixels) return null;
    this.#pixels += pixels;
    return `data:${header.type};base64,${bytes!.toBase64()}`;
  }

  #bytesOf(source: string): Uint8Array | undefined {
    const [, id] = /^\s*cid:(\S+)\s*$/i.exec(source) ?? [];
    if (id !== undefined) return this.#parts.get(decodeContentId(id));
    const [, encoded] =
      /^data:image\/(?:png|jpeg|gif|webp);base64,([a-z0-9+/=\s]*)$/i.exec(source) ?? [];
    return encoded === undefined ? undefined : decodeBase64(encoded);
  }
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}
