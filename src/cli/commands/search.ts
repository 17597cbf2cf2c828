/** `mailctl search` */
import { buildCommand } from "@stricli/core";
import { type ParsedQuery, parseQuery } from "../../client/searching/query.ts";
import { searchFields } from "../../client/searching/search_fields.ts";
import type { SearchResult } from "../../client/searching/search_mailbox.ts";
import { builtInFolders, type FolderList } from "../../model/filing.ts";
import { amount, type Box } from "../../model/message.ts";
import { jsonFlag, listArgument, switchFlag, textFlag } from "../flag.ts";
import { host } from "../host.ts";
import { defaultCount, pageFlags, showFound, writeLines } from "../message/list.ts";
import { findFolder, foldersOf } from "../message/folder.ts";
import { listedJson } from "../message/listed_json.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { say, writeJson } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";
import { isPersonReading } from "../terminal/terminal.ts";
import { parseTime } from "../time_format.ts";

interface Flags extends AccountFlags {
  readonly limit: number | undefined;
  readonly folder: string | undefined;
  readonly noIndex: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl search from:alice budget",
  "mailctl search 'subject:\"q3 report\" has:attachment before:2026-01-01'",
  "mailctl search 'is:unread -from:alice' | cut -f1 | xargs -r mailctl read",
];

/** `-draft` is a term here, and no row of short flags. */
export const isArgument = (word: string): boolean => /^-(?!-|n\d*$|h$)./.test(word);

const fieldLines = Object.values(searchFields)
  .map(({ example, meaning }) => `  ${example.padEnd(22)}${meaning}\n`).join("");

export const command = buildCommand({
  docs: {
    brief: "Find messages",
    fullDescription:
      "Find received and sent messages, newest first. All terms have to match. A word\n" +
      "is found in the subject, in addresses and the names beside them, in names of\n" +
      "attachments and in the text. It may be the beginning of a longer word. Case,\n" +
      "accents and punctuation at the ends of a word do not matter.\n" +
      "\n" +
      "  budget                a word that begins like this\n" +
      '  "q3 report"           these words, whole and together\n' +
      "  -draft                not this (also -from:alice)\n" +
      "  lunch OR dinner       one of two terms, or of more\n" +
      fieldLines +
      "\n" +
      "Put a search with quotes in single quotes. OR has to be in capital letters. Days\n" +
      "are those of this machine's time zone.\n" +
      "\n" +
      "The server cannot read your mail, so mailctl searches on this machine. The first\n" +
      "search opens all messages, and keeps an encrypted index beside the saved login.\n" +
      "Later searches open only new messages. With --no-index, or without a saved\n" +
      "login, nothing is kept, and each search opens messages until it has enough.\n" +
      "`mailctl logout` deletes the index.\n" +
      "\n" +
      "The text is what `mailctl read` shows, with that of attached messages. Of a long\n" +
      "text, the first 16,384 characters are searched. Only headers are searched of a\n" +
      "message that burns, has an invalid signature, or is a notice of the server.\n" +
      "Nothing is marked as read.\n" +
      "\n" +
      "Off a terminal, each line has the columns of `mailctl inbox`, or for a sent\n" +
      "message those of `mailctl sent`. With --json, prints messages, and more: true if\n" +
      "there may be more of them.",
  },
  parameters: {
    flags: {
      limit: pageFlags.limit,
      folder: textFlag("FOLDER", "Find only messages in FOLDER"),
      noIndex: switchFlag("Keep nothing of the messages on this machine"),
      json: jsonFlag,
      ...accountFlags,
    },
    aliases: { n: "limit" },
    positional: listArgument("TERM", "What to find", String),
  },
  func: async (flags: Flags, ...terms: string[]) => {
    const { folder: name, limit = defaultCount, noIndex } = flags;
    const names = foldersIn(terms); // before anything is asked
    const { found, folders, domain } = await withMailbox(flags, async (mailbox) => {
      const isNamed = flags.json || name !== undefined || names.length > 0;
      const folders = isNamed ? await foldersOf(mailbox) : builtInFolders;
      const options = {
        query: await parseIn(folders, terms, names),
        folder: name === undefined ? undefined : await folderNamed(folders, name),
        folders,
        limit,
        keepsIndex: !noIndex,
        onWait: sayWaiting,
      };
      const search = (onOpened: (count: number) => void) =>
        mailbox.search({ ...options, onOpened });
      const found = await withProgress("Opened", search, amount);
      return { found, folders, domain: (await mailbox.account()).domain };
    });
    if (flags.json) {
      const messages = found.messages.map((message) => listedJson(message, folders));
      return await writeJson({ messages, more: found.more });
    }
    await write(found, flags.limit, domain);
  },
});

/** Names the folders of a search. @throws {MailError} `usage` for one that cannot be read */
function foldersIn(terms: readonly string[]): string[] {
  const names: string[] = [];
  parse(terms, (name) => {
    names.push(name);
    return "inbox";
  });
  return names;
}

async function parseIn(folders: FolderList, terms: readonly string[], names: readonly string[]) {
  const found = new Map<string, number | Box>();
  for (const name of names) found.set(name, await folderNamed(folders, name));
  return parse(terms, (name) => found.get(name)!);
}

function parse(terms: readonly string[], folder: (name: string) => number | Box): ParsedQuery {
  return parseQuery(terms.join(" "), { now: host.now(), at: parseTime, folder });
}

async function folderNamed(folders: FolderList, name: string): Promise<number | Box> {
  const { id, box } = await findFolder(folders, name);
  return box ?? id;
}

async function write(
  { messages, more }: SearchResult,
  limit: number | undefined,
  domain: string,
): Promise<void> {
  if (!isPersonReading()) return await writeLines({ messages, more }, limit);
  await showFound(messages, domain);
  say(`${amount(messages.length)}${more ? "; use -n for more" : ""}`);
}

function sayWaiting(): void {
  say("Waiting for another search on this machine");
}
