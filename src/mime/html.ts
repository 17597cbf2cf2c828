/** HTML as plain text, for a terminal. Linear in its length; makes no claim to be a browser. */
import { decodeHTML } from "entities/decode";

// Each alternative runs to the end where its close is missing: no character is looked at twice.
const hidden = /<!--[^]*?(?:-->|$)|<(script|style|title)\b[^]*?(?:<\/\1\b[^>]*(?:>|$)|$)/gi;
const tags = /<(?:(\/?)([a-z][a-z0-9]*)\b|[a-z/!?])[^>]*(?:>|$)/gi;
const lineTags = /^(?:br|p|div|tr|li|ul|ol|table|blockquote|pre|h[1-6]|hr|section|article)$/;

/** Reduces HTML to its text: blocks become lines, links show where they lead, and everything that is not shown goes. */
export function parseHtml(html: string): string {
  const source = html.replace(hidden, "").replace(/\s+/g, " ");
  const text = new PlainText();
  let end = 0;
  for (const { 0: tag, 1: slash, 2: name = "", index } of source.matchAll(tags)) {
    text.add(decode(source.slice(end, index)));
    text.addTag(tag, name.toLowerCase(), slash === "/");
    end = index + tag.length;
  }
  text.add(decode(source.slice(end)));
  return text.lines();
}

/** Text as it grows, and the link that it is in. */
class PlainText {
  readonly #pieces: string[] = [];
  #link: { readonly address: string; readonly from: number } | null = null;

  add(text: string): void {
    this.#pieces.push(text);
  }

  addTag(tag: string, name: string, isEnd: boolean): void {
    if (lineTags.test(name) && (name !== "br" || !isEnd)) this.add("\n");
    else if (name === "a") this.#turnLink(isEnd ? null : linkOf(attribute(tag, "href")));
    else if (name === "img") this.add(attribute(tag, "alt"));
  }

  lines(): string {
    this.#turnLink(null);
    const lines = this.#pieces.join("").split("\n")
      .map((line) => line.replaceAll(/ {2,}/g, " ").trim());
    return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
  }

  /** Ends the link there is, with its address where its text says another; begins the next. */
  #turnLink(address: string | null): void {
    if (this.#link !== null) {
      const shown = this.#pieces.slice(this.#link.from).join("").trim();
      const { address } = this.#link;
      if (shown !== "" && !isSame(shown, address)) this.add(` <${address}>`);
    }
    this.#link = address === null ? null : { address, from: this.#pieces.length };
  }
}

/** A reader can go to these; any other address is for a browser. */
function linkOf(address: string): string | null {
  const trimmed = address.trim();
  return /^(?:https?|mailto|tel):/i.test(trimmed) ? trimmed : null;
}

function isSame(shown: string, address: string): boolean {
  const bare = (text: string) =>
    text.replace(/^(?:https?:\/\/|mailto:|tel:)|\/$/gi, "").toLowerCase();
  return bare(shown) === bare(address);
}

/** The value of an attribute of a tag; empty where there is none. */
function attribute(tag: string, name: string): string {
  const pattern = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i");
  const [, double, single, bare] = pattern.exec(tag) ?? [];
  return decode(double ?? single ?? bare ?? "");
}

/** Blanks that do not break are blanks; a hyphen or a joiner that is not seen goes. */
function decode(text: string): string {
  return decodeHTML(text).replace(/\s/g, " ").replaceAll(/[\u00ad\u200c]/g, "");
}
