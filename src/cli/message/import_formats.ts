/** The forms in which messages come in: what `export` writes, and what other programs write. Each is read as it streams. */
import type { ImportedMessage } from "../../client/importing/imported_message.ts";
import { isFolder } from "../../files/folder.ts";
import { peekStart } from "../../mime/block.ts";
import { byteString } from "../../mime/byte_string.ts";
import { findGmailLabels, type GmailFiling, readGmailLabels } from "../../mime/gmail_labels.ts";
import { withMailLineEnds } from "../../mime/intake.ts";
import { readMbox } from "../../mime/mbox_reader.ts";
import { takeMboxStatus } from "../../mime/mbox_status.ts";
import { MailError } from "../../model/errors.ts";
import { defaultsOf, type ImportOptions, isByForm, type SaidOfMessage } from "./import_options.ts";
import { openInput, standardInput } from "./input.ts";
import { treeFoldersIn } from "./maildir/maildir_tree.ts";
import { maildirMessages } from "./maildir/read_maildir.ts";
import { fileMessages, filesIn } from "./message_files.ts";

export const importForms = ["mbox", "maildir", "eml", "json", "age"] as const;
export type ImportForm = (typeof importForms)[number];

type Messages = AsyncIterable<ImportedMessage>;

/** Tells the form of a file or folder by what is in it, and gives its messages. @throws {MailError} `no_input`, `malformed` */
export async function readMessages(
  path: string,
  form: ImportForm | undefined,
  query: ImportOptions,
  opened: DisposableStack,
): Promise<Messages> {
  if (path !== "-" && isFolder(path)) return folderMessages(path, form, query);
  const content = path === "-" ? standardInput() : opened.use(await openInput(path)).content;
  const { start, all } = await peekStart(content, peekedBytes);
  const name = path === "-" ? "standard input" : path;
  const found = form ?? formOf(byteString(start.subarray(0, peekedBytes)), name);
  if (found === "mbox") return mboxMessages(all, query);
  if (found === "eml") {
    return one({ ...defaultsOf(query), name, date: null, content: withMailLineEnds(all) });
  }
  if (found === "json") return (await import("./import_json.ts")).jsonMessages(all, query);
  if (found === "age") {
    return one({ ...defaultsOf(query), name, date: null, content: query.openSealed(all) });
  }
  throw new MailError("usage", `Cannot read ${name} as a Maildir: it is not a folder`);
}

async function* one(message: ImportedMessage): AsyncGenerator<ImportedMessage> {
  await Promise.resolve();
  yield message;
}

async function* mboxMessages(
  source: AsyncIterable<Uint8Array>,
  query: ImportOptions,
): AsyncGenerator<ImportedMessage> {
  let number = 0;
  for await (const { date, content: found } of readMbox(source)) {
    const { status, content: rest } = await takeMboxStatus(found);
    const { labels, content } = await findGmailLabels(rest);
    const gmail = status === null ? readGmailLabels(labels, isByForm(query)) : null;
    yield {
      ...defaultsOf(query, gmail === null ? undefined : await placeOf(gmail, query)),
      name: `message ${++number}`,
      mboxStatus: status ?? gmail?.status ?? null,
      isExported: status !== null,
      date,
      receivedAt: date,
      content,
    };
  }
}

/** Where a message of Gmail comes into, if that is not said of all. A label may be no name of a folder. */
async function placeOf(
  { folder: name, isSent }: GmailFiling,
  query: ImportOptions,
): Promise<SaidOfMessage> {
  const names = [name, isSent ? "Sent" : "Archive"];
  const folder = isByForm(query)
    ? (await query.findFolders(names)).find((found) => found !== null)
    : undefined;
  return { flags: [], keywords: [], box: isSent ? "sent" : undefined, folder };
}

function folderMessages(
  path: string,
  form: ImportForm | undefined,
  query: ImportOptions,
): Messages {
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const found = form ?? formOfFolder(path, names);
  if (found === "maildir") return maildirMessages(path, query);
  if (found === "eml") {
    const files = filesIn(path, named(names, "eml"));
    return fileMessages(
      files,
      (_, { content, date }) => ({
        ...defaultsOf(query),
        date,
        content: withMailLineEnds(content),
      }),
    );
  }
  if (found === "age") {
    const files = filesIn(path, named(names, "age"));
    return fileMessages(
      files,
      (_, { content, date }) => ({
        ...defaultsOf(query),
        date,
        receivedAt: date,
        content: query.openSealed(content),
      }),
    );
  }
  throw unknownForm(path);
}

function formOfFolder(path: string, names: readonly string[]): ImportForm | null {
  if (names.includes("cur") || names.includes("new")) return "maildir";
  if (treeFoldersIn(path).length > 1) return "maildir"; // its inbox is elsewhere
  if (named(names, "age").length > 0) return "age";
  return named(names, "eml").length > 0 ? "eml" : null;
}

function named(names: readonly string[], extension: string): string[] {
  return names.filter((name) => name.toLowerCase().endsWith(`.${extension}`));
}

/** A field's name and its colon have room in it (RFC 5322 2.1.1). */
const peekedBytes = 1_000;

/** An empty file has no messages, in any form. */
function formOf(start: string, name: string): ImportForm {
  const text = start.replace(/^\xef\xbb\xbf/, ""); // a byte order mark
  if (/^\s*(?:From |$)/.test(text)) return "mbox";
  if (/^\s*\{/.test(start)) return "json";
  if (start.startsWith("age-encryption.org/v1")) return "age";
  if (/^[!-9;-~]+[ \t]*:/.test(text)) return "eml";
  throw unknownForm(name);
}

function unknownForm(what: string): MailError {
  return new MailError("malformed", `Cannot detect the format of ${what}`, {
    hint: `Add --format FORM: ${importForms.join(", ")}.`,
  });
}
