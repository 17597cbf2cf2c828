/** FETCH and SEARCH on folders in memory, without a session. */
import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import { CommandText } from "../../src/gateway/imap/command_text.ts";
import { type FetchAnswer, fetchMessages } from "../../src/gateway/imap/items/fetch.ts";
import { readFetch } from "../../src/gateway/imap/items/fetch_request.ts";
import type { SequencedMessage } from "../../src/gateway/imap/items/sequenced_message.ts";
import { type SearchContext, searchMessages } from "../../src/gateway/imap/items/search.ts";
import { readSearch } from "../../src/gateway/imap/items/search_request.ts";
import { NumberSet } from "../../src/gateway/imap/number_set.ts";
import type { MailFolders } from "../../src/gateway/folders/mail_folders.ts";

/** Literals of a command stand in it as `{text}`. */
export function commandText(written: string): CommandText {
  const literals: Uint8Array[] = [];
  const text = written.replace(/\{([^}]*)\}/g, (_, literal: string) => {
    literals.push(bytesOfString(literal));
    return String.fromCharCode(0xff + literals.length);
  });
  return new CommandText(text, literals);
}

export function sequenced(folders: MailFolders): SequencedMessage[] {
  return folders.messages("inbox").map((message, at) => ({ message, sequence: at + 1 }));
}

/** Answers with what is written, a byte a character. */
export async function fetchText(
  folders: MailFolders,
  written: string,
  { isUid = false, isUtf8 = false, withModseq = false }: Partial<FetchAnswer & { isUid: boolean }> =
    {},
  messages: readonly SequencedMessage[] = sequenced(folders),
): Promise<string> {
  const query = readFetch(commandText(written), { isUid, isUtf8 });
  let text = "";
  for await (const piece of fetchMessages(folders, messages, query, { isUtf8, withModseq })) {
    text += byteString(piece);
  }
  return text;
}

/** Answers with sequence numbers. */
export async function searchNumbers(
  folders: MailFolders,
  written: string,
  context: Partial<SearchContext> = {},
): Promise<number[]> {
  const found = await searchMessages(
    folders,
    sequenced(folders),
    readSearch(commandText(written)),
    {
      now: Date.UTC(2026, 5, 15),
      saved: new NumberSet([]),
      signal: new AbortController().signal,
      onProgress: () => {},
      ...context,
    },
  );
  return found.map(({ sequence }) => sequence);
}

/** Takes the answer for one message apart: what each item says, strings without their quotes or length. */
export function itemsOf(answer: string): Map<string, string | null> {
  const items = new Map<string, string | null>();
  let at = answer.indexOf("(") + 1;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(answer);
    if (found === null) throw new Error(`Cannot read an answer at ${answer.slice(at, at + 80)}`);
    at += found[0].length;
    return found;
  };
  while (answer[at] !== ")") {
    const [, label] = take(/ ?([A-Z0-9.]+(?:\[[^\]]*\])?(?:<\d+>)?) /y);
    const [text, bytes] = take(/~?\{(\d+)\}\r\n|"[^"]*"|\([^()]*\)|[^ ()]+/y);
    if (bytes === undefined) items.set(label!, text === "NIL" ? null : text);
    else items.set(label!, answer.slice(at, at += Number(bytes)));
  }
  return items;
}
