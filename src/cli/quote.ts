/** The text of a message as an answer quotes it; streamed behind the answer's own body. */
import type { Content, OpenedMessage } from "../client/mailbox.ts";
import { readText } from "../mime/text.ts";
import { fullTime } from "./moment.ts";
import { visibleLine } from "./visible.ts";
import { readWholly } from "./whole_source.ts";

const lineFeed = 10;

/** Quotes at most 1 MiB of a message's text, and reads the message to its end. @throws {MailError} `bad_signature` */
export async function quoteOf(message: OpenedMessage): Promise<string> {
  let quoted = "";
  await readWholly(message, async (whole) => {
    const body = await readText(whole.source());
    if (body === null) return;
    quoted = quoteLines(body.text) + (body.truncated ? "> [the text goes on]\n" : "");
  });
  const { from, headers } = message;
  return `On ${fullTime(headers.date)}, ${visibleLine(from)} wrote:\n${quoted}`;
}

/** Marks every line, also one that only a lone CR begins: it would be shown as if the answer said it. */
export function quoteLines(text: string): string {
  const lines = text.replace(/(?:\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/);
  if (lines.length === 1 && lines[0] === "") return "";
  // RFC 3676 4.5: one mark a level, a blank after the last
  return lines.map((line) => `>${/^>|^$/.test(line) ? "" : " "}${line}\n`).join("");
}

/** Hands out a body, a blank line, and the quotation. */
export async function* withQuote(body: Content, quote: string): AsyncGenerator<Uint8Array> {
  let last: number | undefined;
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    last = chunk.at(-1) ?? last;
    yield chunk;
  }
  const gap = last === undefined ? "" : last === lineFeed ? "\n" : "\n\n";
  yield new TextEncoder().encode(gap + quote);
}
