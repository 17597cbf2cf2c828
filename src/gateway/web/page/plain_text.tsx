/** A text as its sender wrote it, in parts that a browser lays out each by itself. */
import { visibleText } from "../../../model/visible_text.ts";

/** What nearly all texts are shorter than: they are one part. */
const mostWhole = 8_000;
const mostPart = 1_000;

export const PlainText = ({ text }: { text: string }) => {
  const parts = partsOf(visibleText(text));
  return (
    <pre class="text" dir="auto" tabindex={0}>
    {parts.length === 1 ? parts[0] : parts.map((part) => <span class="part">{part}</span>)}
    </pre>
  );
};

/**
 * Cuts a long text at ends of lines, which go, and where a line is long between its words or anywhere. For a paragraph
 * that goes from left to right and back a hundred thousand times a browser takes minutes, in which no page answers.
 */
export function partsOf(text: string): string[] {
  if (text.length <= mostWhole) return [text];
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = at + mostPart < text.length ? endOf(text, at) : text.length;
    parts.push(text.slice(at, end));
    at = text[end] === "\n" && text[end - 1] !== "\n" ? end + 1 : end;
  }
  return parts;
}

/** Where a part that begins here ends: before the first of the last line feeds in a row, behind the last blank, or anywhere. */
function endOf(text: string, at: number): number {
  const within = text.slice(at, at + mostPart + 1);
  const feed = within.search(/[^\n]\n+[^\n]*$/);
  if (feed >= 0) return at + feed + 1;
  const blank = within.lastIndexOf(" ", mostPart - 1);
  if (blank > 0) return at + blank + 1;
  const isWhole = !/[\udc00-\udfff]/.test(within[mostPart]!); // else it is the second half of a character
  return at + mostPart - (isWhole ? 0 : 1);
}
