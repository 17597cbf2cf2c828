/**
 * HTML of a stranger, made harmless: parsed as a browser would, and written anew from what is allowed. It is the
 * second wall: the first is the frame that shows it, which runs nothing and reaches nothing.
 */
import { type DefaultTreeAdapterTypes, html } from "parse5";
import { attribute, parseTree } from "../../../mime/html_tree.ts";
import { limits } from "../../../model/limits.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import { FrameImages } from "./frame_images.ts";
import { allowedStyle } from "./sanitise_style.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const allowed = words(
  "a abbr address article aside b bdi big blockquote br caption center cite code col colgroup dd " +
    "del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd " +
    "li main mark ol p pre q s samp section small span strike strong sub sup table tbody td tfoot " +
    "th thead time tr tt u ul var wbr",
);
/** What is gone with all that is in it; of all else that is not allowed, the content stays. */
const dropped = words(
  "script style template noscript iframe frame frameset object embed applet svg math audio video " +
    "canvas select option textarea input head title link meta base noembed noframes " +
    "plaintext xmp dialog portal",
);
const empty = words("br hr img col wbr");
const attributes = words(
  "align bgcolor border cellpadding cellspacing color cols colspan dir face height lang nowrap " +
    "rowspan size span start title type valign width",
);
/** No more than that deep: who reads it on would lose its place too. */
const maxDepth = 500;

/** Writes HTML that may be shown in the frame, with those images that it may show. @throws {MailError} `too_large` */
export async function sanitise(source: string, images = new FrameImages()): Promise<string> {
  const document = await parseTree(source, {
    withScripts: true,
    maxElements: limits.maxHtmlElements,
  });
  const root = document.childNodes.find((node) => node.nodeName === "html") as Element | undefined;
  const body = root?.childNodes.find((node) => node.nodeName === "body") as Element | undefined;
  return (body?.childNodes ?? []).map((node) => write(node, images, 0)).join("");
}

function write(node: Node, images: FrameImages, depth: number): string {
  if ("value" in node) return escapeText(node.value);
  if (!("tagName" in node)) return ""; // a comment, a doctype
  const { tagName: name, namespaceURI } = node;
  if (namespaceURI !== html.NS.HTML || dropped.has(name) || depth > maxDepth) {
    return "";
  }
  if (name === "img") return writeImage(node, images);
  const inner = node.childNodes.map((child) => write(child, images, depth + 1)).join("");
  if (!allowed.has(name)) return inner;
  if (name === "a") return writeLink(node, inner);
  const start = `<${name}${writeAttributes(node)}>`;
  return empty.has(name) ? start : `${start}${inner}</${name}>`;
}

/** A link would lead out, under any name it likes: so it says where it leads, in its order, and does not. */
function writeLink(node: Element, inner: string): string {
  const target = attribute(node, "href")?.trim() ?? "";
  const isWeb = /^(?:https?|mailto):/i.test(target);
  if (!isWeb) return inner;
  const shown = escapeText(visibleLine(target.slice(0, 500)));
  return `<u>${inner}</u> <code dir="ltr">[${shown}]</code>`;
}

/** Only what came with the message is shown; all else would tell its sender that it was read. */
function writeImage(node: Element, images: FrameImages): string {
  const alt = escapeText(attribute(node, "alt") ?? "");
  const address = images.addressOf(attribute(node, "src") ?? "");
  if (address === null) return `<i>[image${alt === "" ? "" : `: ${alt}`}]</i>`;
  return `<img src="${address}" alt="${alt}"${writeAttributes(node)}>`;
}

function writeAttributes(node: Element): string {
  return node.attrs
    .map(({ name, value }) => {
      if (name === "style") {
        const style = allowedStyle(value);
        return style === "" ? "" : ` style="${escapeText(style)}"`;
      }
      return attributes.has(name) ? ` ${name}="${escapeText(value)}"` : "";
    })
    .join("");
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
