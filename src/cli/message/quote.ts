/** The text of a message as an answer quotes it; streamed behind the answer's own body. */
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { readWholly } from "../../client/reading/whole_source.ts";
import type { Content } from "../../client/sending/draft.ts";
import { quoteLines } from "../../mime/quote.ts";
import { readText } from "../../mime/text.ts";
import { utf8 } from "../../model/bytes.ts";
import { visibleLine } from "../../model/visible_text.ts";
import { fullTime } from "../time_format.ts";

const lineFeed = 10;

/** Quotes at most 1 MiB of a message's text, and reads the message to its end. @throws {MailError} `bad_signature` */
export async function quoteOf(message: OpenedMessage): Promise<string> {
  let quoted = "";
  await readWholly(message, async (whole) => {
    const body = await readText(whole.source());
    if (body === null) return;
    quoted = quoteLines(body.text) + (body.truncated ? "> [cut off]\n" : "");
  });
  const { from, headers } = message;
  return `On ${fullTime(headers.date)}, ${visibleLine(from)} wrote:\n${quoted}`;
}

/** Hands out a body, a blank line, and the quotation. */
export async function* withQuote(body: Content, quote: string): AsyncGenerator<Uint8Array> {
  let last: number | undefined;
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    last = chunk.at(-1) ?? last;
    yield chunk;
  }
  const gap = last === undefined ? "" : last === lineFeed ? "\n" : "\n\n";
  yield utf8(gap + quote);
}
