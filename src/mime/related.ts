/** The HTML of a message, and the images that came along for it (RFC 2387, RFC 2392). */

import { concatBytes } from "../model/bytes.ts";
import { type Leaf, parseParts } from "./parse.ts";
import { contentIdOf, referencesOf, withRoles } from "./role.ts";
import { type BodyText, readLeafText } from "./text.ts";

/** HTML as hostile as it came, and parts that it refers to. */
export interface RelatedHtml {
  /** Null where the message has none. */
  readonly html: BodyText | null;
  /** Content of parts that say that they are images, by their ids; what it really is, nobody looked at. */
  readonly images: ReadonlyMap<string, Uint8Array>;
}

/** Of a part that says that it is one. SVG is a document, and none of these. */
const imageTypes = /^image\/(?:png|jpe?g|pjpeg|gif|webp)$/;

/**
 * Reads the first text/html leaf, at most `maxHtmlBytes` of it, and of the parts that it refers to as images so many
 * as have no more than `maxImageBytes` together.
 * @throws {MailError} as `parseMessage` does.
 */
export async function readRelated(
  source: AsyncIterable<Uint8Array>,
  { maxHtmlBytes, maxImageBytes }: {
    readonly maxHtmlBytes: number;
    readonly maxImageBytes: number;
  },
): Promise<RelatedHtml> {
  const images = new Map<string, Uint8Array>();
  let html: BodyText | null = null;
  let wanted = null as ReadonlySet<string> | null; // not known yet: a root may stand behind its parts
  let room = maxImageBytes;
  for await (const leaf of withRoles(parseParts(source))) {
    const { part, role } = leaf;
    if (html === null && part.type === "text/html" && role === "body") {
      html = await readLeafText(leaf, maxHtmlBytes);
      wanted = referencesOf(html.text);
    } else if (imageTypes.test(part.type)) {
      const id = contentIdOf(part);
      if (id === null || images.has(id) || wanted?.has(id) === false) continue;
      const bytes = await readWithin(leaf, room);
      if (bytes === null) continue;
      images.set(id, bytes);
      room -= bytes.length;
    }
    if (wanted !== null && wanted.isSubsetOf(images)) break;
  }
  return { html, images };
}

/** Null: there is more of it than that. */
async function readWithin({ content }: Leaf, most: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    if (bytes > most) return null;
    pieces.push(piece.slice());
  }
  return concatBytes(pieces);
}
