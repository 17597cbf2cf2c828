/** HTML as plain text, for a terminal: what a browser would show of it, as far as styles of its own elements say. */
import type { DefaultTreeAdapterTypes } from "parse5";
import { isFailure } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { letOthersIn } from "../model/promises.ts";
import { attribute, parseTree } from "./html_tree.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const lineTags = words(
  "br p div tr li ul ol table blockquote pre h1 h2 h3 h4 h5 h6 hr section article",
);
/** Their content is no text of the message. */
const dropped = words("script style title iframe noembed noframes template");

/** Ten times what the page shows: tables of a report have so many. */
const maxElements = 10 * limits.maxHtmlElements;

/**
 * Reduces HTML to its text: blocks become lines, links show where they lead, and everything that is not shown goes. What
 * hides all that there is hides nothing, and of what has too many elements for a browser only the tags go.
 */
export async function parseHtml(source: string): Promise<string> {
  try {
    const { childNodes } = await parseTree(source, { withScripts: false, maxElements });
    return await textOf(childNodes, true) || await textOf(childNodes, false);
  } catch (error) {
    if (!isFailure(error, "too_large")) throw error;
    return source.replace(/<(script|style)\b[^]*?(?:<\/\1\b|$)|<[a-z/!?][^>]*(?:>|$)/gi, " ");
  }
}

/** A node that is to be read, whether it is seen; or what is to be done behind those within one. */
type Step = { readonly node: Node; readonly isSeen: boolean } | (() => void);

const stepsAtOnce = 5_000;

async function textOf(nodes: readonly Node[], byStyle: boolean): Promise<string> {
  const text = new PlainText();
  const steps: Step[] = [];
  const plan = (nodes: readonly Node[], isSeen: boolean) => {
    for (const node of nodes.toReversed()) steps.push({ node, isSeen });
  };
  plan(nodes, true);
  let count = 0;
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if (++count % stepsAtOnce === 0) await letOthersIn();
    if (typeof step === "function") {
      step();
      continue;
    }
    const { node, isSeen } = step;
    if ("value" in node && isSeen) text.add(node.value);
    if (!("tagName" in node) || dropped.has(node.tagName)) continue;
    const { isGone, isVisible } = byStyle ? showingOf(node) : { isGone: false, isVisible: null };
    if (isGone) continue;
    const isShown = isVisible ?? isSeen;
    steps.push(text.begin(node, isShown));
    plan(node.childNodes, isShown);
  }
  return text.lines();
}

/** What the style of an element says. */
function showingOf(
  node: Element,
): { readonly isGone: boolean; readonly isVisible: boolean | null } {
  const style = (attribute(node, "style") ?? "").replace(
    /\/\*[^]*?(?:\*\/|$)|"[^"]*"|'[^']*'|\([^()]*\)/g,
    "",
  );
  const visibility = lastValue(style, "visibility");
  return {
    isGone: lastValue(style, "display") === "none",
    isVisible: visibility === null || visibility === "inherit" ? null : visibility !== "hidden",
  };
}

/** The declaration that counts: the last one, of important ones if there are any. */
function lastValue(style: string, property: string): string | null {
  const pattern = new RegExp(`^\\s*${property}\\s*:([^!]*)(!\\s*important\\s*)?$`, "i");
  const found = style.split(";").flatMap((declaration) => {
    const [, value = null, important = ""] = pattern.exec(declaration) ?? [];
    return value === null ? [] : [{ value: value.trim().toLowerCase(), important }];
  });
  return (found.findLast(({ important }) => important !== "") ?? found.at(-1))?.value ?? null;
}

/** Text as it grows, and the link that it is in. */
class PlainText {
  readonly #pieces: string[] = [];
  #link: { readonly address: string; readonly from: number } | null = null;
  readonly #addresses = new Set<string>();
  #preformatted = 0;

  /** Blanks that do not break are blanks; a hyphen or a joiner that is not seen goes. */
  add(text: string): void {
    const shown = this.#preformatted > 0 ? text : text.replace(/\s+/g, " ");
    this.#pieces.push(shown.replace(/[^\S\n]/g, " ").replaceAll(/[\u00ad\u200c]/g, ""));
  }

  /** Begins an element; returns what ends it. */
  begin(node: Element, isShown: boolean): () => void {
    const { tagName: name } = node;
    const [before, behind] = !isShown
      ? ["", ""]
      : name === "br" || name === "hr"
      ? ["\n", ""]
      : lineTags.has(name)
      ? ["\n", "\n"]
      : name === "td" || name === "th"
      ? [" ", " "]
      : name === "img"
      ? [` ${attribute(node, "alt") ?? ""} `, ""]
      : ["", ""];
    this.#pieces.push(before);
    if (name === "pre") this.#preformatted++;
    if (name === "a" && isShown) this.#turnLink(linkOf(attribute(node, "href") ?? ""));
    return () => {
      this.#pieces.push(behind);
      if (name === "pre") this.#preformatted--;
      if (name === "a" && isShown) this.#turnLink(null);
    };
  }

  /** Where there is no text, as of images alone, where they lead. */
  lines(): string {
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
      if (shown !== "" && !isSame(shown, address)) this.#pieces.push(` <${address}>`);
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
