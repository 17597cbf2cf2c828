/** HTML as plain text, for a terminal. Linear in its length; makes no claim to be a browser. */
import { decodeHTML } from "entities/decode";

// Each alternative runs to the end where its close is missing: no character is looked at twice.
const hidden =
  /<!--[^]*?(?:-->|$)|<(script|style|title|iframe|noembed|noframes|template)\b[^]*?(?:<\/\1\b[^>]*(?:>|$)|$)/gi;
const preformatted = /<pre\b[^>]*(?:>|$)[^]*?(?:<\/pre\b|$)/gi;
const tags = /<(?:(\/?)([a-z][a-z0-9]*)\b|[a-z/!?])[^>]*(?:>|$)/gi;
const hiddenStyle = /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)\b/i;
/** They hold nothing. */
const emptyTags = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|wbr)?$/;
const lineTags = /^(?:br|p|div|tr|li|ul|ol|table|blockquote|pre|h[1-6]|hr|section|article)$/;

/** Reduces HTML to its text: blocks become lines, links show where they lead, and everything that is not shown goes. */
export function parseHtml(html: string): string {
  const source = html.replace(hidden, "").replace(preformatted, breakLines).replace(/\s+/g, " ");
  const text = new PlainText();
  const hiding = new Hiding();
  let end = 0;
  for (const { 0: tag, 1: slash, 2: name = "", index } of source.matchAll(tags)) {
    if (!hiding.isOn) text.add(decode(source.slice(end, index)));
    hiding.pass(tag, name.toLowerCase(), slash === "/");
    if (!hiding.isOn) text.addTag(tag, name.toLowerCase(), slash === "/");
    end = index + tag.length;
  }
  if (!hiding.isOn) text.add(decode(source.slice(end)));
  return text.lines();
}

/** Marks the line ends of a block, but those within its tags. */
function breakLines(block: string): string {
  return block.replace(/<[^>]*(?:>|$)|\r?\n/g, (piece) => piece.startsWith("<") ? piece : "<br>");
}

/**
 * Whether text stands within an element that its style hides: what lists show beside a subject, and filler of spam. As in a
 * browser, one without its end hides all that follows.
 */
class Hiding {
  #name = "";
  /** Elements of that name that are open, from the hidden one on. */
  #depth = 0;

  get isOn(): boolean {
    return this.#depth > 0;
  }

  pass(tag: string, name: string, isEnd: boolean): void {
    if (this.isOn) {
      if (name === this.#name) this.#depth += isEnd ? -1 : 1;
    } else if (!isEnd && hides(tag) && !emptyTags.test(name)) {
      this.#name = name;
      this.#depth = 1;
    }
  }
}

/** Few tags have a style that could: the others are not looked at twice. */
function hides(tag: string): boolean {
  return /none|hidden/i.test(tag) && hiddenStyle.test(attribute(tag, "style"));
}

/** Text as it grows, and the link that it is in. */
class PlainText {
  readonly #pieces: string[] = [];
  #link: { readonly address: string; readonly from: number } | null = null;
  readonly #addresses = new Set<string>();

  add(text: string): void {
    this.#pieces.push(text);
  }

  addTag(tag: string, name: string, isEnd: boolean): void {
    if (lineTags.test(name) && (name !== "br" || !isEnd)) this.add("\n");
    else if (name === "a") this.#turnLink(isEnd ? null : linkOf(attribute(tag, "href")));
    else if (name === "td" || name === "th") this.add(" ");
    else if (name === "img") this.add(` ${attribute(tag, "alt")} `);
  }

  /** Where there is no text, as of images alone, where they lead. */
  lines(): string {
    this.#turnLink(null);
    const lines = this.#pieces.join("").split("\n")
      .map((line) => line.replaceAll(/ {2,}/g, " ").trim());
    const text = lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
    return text === "" ? [...this.#addresses].join("\n") : text;
  }

  /** Ends the link there is, with its address where its text says another; begins the next. */
  #turnLink(address: string | null): void {
    if (this.#link !== null) {
      const shown = this.#pieces.slice(this.#link.from).join("").trim();
      const { address } = this.#link;
      if (shown !== "" && !isSame(shown, address)) this.add(` <${address}>`);
    }
    if (address !== null) this.#addresses.add(address);
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
