/** `mailctl import` */
import { buildCommand } from "@stricli/core";
import type {
  ImportedMessage,
  ImportListener,
  ImportResult,
} from "../../client/importing/imported_message.ts";
import { folderCalled, type NamedFolder } from "../../client/filing/named_folder.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import type { Progress } from "../../client/progress.ts";
import { isThere } from "../../files/folder.ts";
import { MailError } from "../../model/errors.ts";
import { amount, type Box } from "../../model/message.ts";
import { visibleLine } from "../../model/visible_text.ts";
import { writeFacts } from "../account/account_view.ts";
import { jsonFlag, oneOf, parsedFlag, switchFlag, textFlag } from "../flag.ts";
import { foldersOf } from "../message/folder.ts";
import { type ImportForm, importForms, readMessages } from "../message/import_formats.ts";
import type { ImportOptions } from "../message/import_options.ts";
import { FolderMaker } from "../message/make_folders.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type AccountFlags, accountFlags, withMailbox } from "../session.ts";
import { say, sayHint, writeJson } from "../terminal/output.ts";
import { withProgress } from "../terminal/progress.ts";

interface Flags extends AccountFlags {
  readonly format: ImportForm | undefined;
  readonly box: Box | undefined;
  readonly folder: string | undefined;
  readonly read: boolean;
  readonly json: boolean;
}

export const examples = [
  "mailctl import old.mbox",
  "mailctl import ~/Maildir",
  "mailctl import --folder Bills ~/Maildir/.Bills",
  "mailctl export --format json --box all | mailctl import --user other -",
];

export const command = buildCommand({
  docs: {
    brief: "Import messages from files of other programs",
    fullDescription:
      "Store messages from other programs in your own mailbox, encrypted for you, with\n" +
      "their dates. PATH can be one of these:\n" +
      "\n" +
      "  mbox     a file, of any kind of mbox; flags and keywords are kept, as Dovecot,\n" +
      "           UW IMAP and Thunderbird write them, and labels of Google Takeout\n" +
      "  maildir  a folder, or a tree of folders (Maildir++) of Dovecot, Courier,\n" +
      "           mbsync or `mailctl export`; flags and keywords are kept\n" +
      "  eml      a file of one message, or a folder of them\n" +
      "  json     lines as `mailctl export --format json` writes them\n" +
      "  age      a file of `mailctl export --format age`, or a folder of them\n" +
      "\n" +
      "Messages of a Maildir++ tree, of Takeout and of json come into the folders that\n" +
      "they were in. With --folder or --box, all come into one, and of a tree only the\n" +
      "messages of PATH itself are read. Folders that are missing are made. Links are\n" +
      "not followed.\n" +
      "\n" +
      "Lists show these messages above those that were there before, whatever their\n" +
      "dates. Mail programs sort them by when they came.\n" +
      "\n" +
      "The messages are shown as imported: you have signed that you imported them, but\n" +
      "their authors have signed nothing.\n" +
      "\n" +
      "A message that a mail program marked as deleted is skipped. So is a message that\n" +
      "is already in the mailbox: an import that was interrupted can be repeated. A\n" +
      "message that you have deleted is imported again.\n" +
      "\n" +
      "Prints how many messages were imported, skipped and refused. Exit status 65\n" +
      "means that some were refused, 75 that the mailbox is full.",
  },
  parameters: {
    flags: {
      format: parsedFlag(
        "FORM",
        `Read FORM: ${importForms.join(", ")} (default: detected)`,
        oneOf("a format", importForms),
      ),
      box: parsedFlag(
        "BOX",
        "Store in BOX: inbox or sent (default inbox, or as PATH says)",
        oneOf("a mailbox", ["inbox", "sent"]),
      ),
      folder: textFlag("FOLDER", "Store in FOLDER"),
      read: switchFlag("Mark all messages as read"),
      json: jsonFlag,
      ...accountFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: "PATH", brief: "A file or folder (- for stdin)", parse: String }],
    },
  },
  func: importMessages,
});

async function importMessages(flags: Flags, path: string): Promise<void> {
  checkStandardInput(flags, path);
  const opened = new DisposableStack();
  const counts = new Counts();
  try {
    await withMailbox(flags, async (mailbox) => {
      const messages = await messagesAt(path, flags, mailbox, counts, opened);
      const run = (progress: Progress) => mailbox.import(messages, counts.listen(progress));
      await withProgress("Importing", run);
    });
  } catch (error) {
    if (counts.all > 0) say(`So far: ${counts.text()}. Repeat the import to go on from there`);
    throw error;
  } finally {
    opened.dispose();
  }
  await (flags.json ? writeJson(counts.json()) : writeFacts(counts.facts()));
  if (flags.folder !== undefined && counts.skipped > 0) {
    say("What was skipped stays in the folder that it is in. `mailctl move` moves it");
  }
  counts.check();
}

async function messagesAt(
  path: string,
  { format, read, ...where }: Flags,
  mailbox: Mailbox,
  counts: Counts,
  opened: DisposableStack,
) {
  const openSealed = (sealed: AsyncIterable<Uint8Array>) => mailbox.openSealed(sealed);
  const maker = new FolderMaker(mailbox);
  const options: ImportOptions = {
    // No folder is made for what is not there, which is told when it is read.
    ...path === "-" || await isThere(path)
      ? await placeOf(mailbox, where)
      : { box: where.box, folder: null },
    read,
    openSealed,
    findFolders: (names) => maker.find(names),
    onLink: (path) => counts.skipLink(path),
    onUnnamed: (path, messages) => counts.skipFolder(path, messages),
  };
  return await readMessages(path, format, options, opened);
}

/** Where messages come to. @throws {MailError} `malformed`, `denied` for the folder; `usage` where both are named */
async function placeOf(
  mailbox: Mailbox,
  { box, folder: name }: Pick<Flags, "box" | "folder">,
): Promise<Pick<ImportOptions, "box" | "folder">> {
  if (name === undefined) return { box, folder: null };
  const folder = folderCalled(await foldersOf(mailbox), name) ?? await makeFolder(mailbox, name);
  if (box === undefined || folder.box === null) {
    return { box: folder.box ?? box, folder };
  }
  throw new MailError("usage", `Cannot use --folder ${folder.name} together with --box`);
}

/** Tells of it: the name may have been typed wrong. */
async function makeFolder(mailbox: Mailbox, name: string): Promise<NamedFolder> {
  mailbox.requireAllowed("replaceFolders");
  const { folder } = await (await mailbox.filed()).createFolder(name);
  say(`Made the folder ${JSON.stringify(folder.name)}`);
  return { ...folder, box: null };
}

/** What became of the messages. */
class Counts {
  #imported = 0;
  #skipped = 0;
  #refused = 0;
  #bytes = 0;
  #links = 0;
  #first: MailError | null = null;

  get all(): number {
    return this.#imported + this.#skipped + this.#refused;
  }

  get skipped(): number {
    return this.#skipped;
  }

  listen(progress: Progress): ImportListener {
    return {
      done: (_: ImportedMessage, result: ImportResult, bytes: number) => {
        if (result === "imported") this.#imported++;
        else this.#skipped++;
        progress(this.#bytes += bytes);
      },
      refused: ({ name }, error) => {
        this.#refused++;
        this.#first ??= error;
        say(`Cannot import ${visibleLine(name)}: ${error.message}`);
      },
    };
  }

  skipLink(path: string): void {
    this.#links++;
    say(`Cannot import ${visibleLine(path)}: it is a link`);
  }

  /** Tells of a folder whose messages are left out, and how they come in. */
  skipFolder(path: string, messages: number): void {
    if (messages === 0) return;
    this.#refused += messages;
    const where = visibleLine(path);
    say(`Cannot import ${amount(messages)} in ${where}: no folder can have its name`);
    sayHint("Run `mailctl import --folder NAME PATH` with this path to choose a folder.");
  }

  json(): JsonOf<"import"> {
    return { imported: this.#imported, skipped: this.#skipped, refused: this.#refused };
  }

  facts(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.json()).map(([word, count]) => [word, String(count)]),
    );
  }

  text(): string {
    return Object.entries(this.json()).map(([word, count]) => `${count} ${word}`).join(", ");
  }

  /** @throws {MailError} `malformed`, `too_large` where some were refused */
  check(): void {
    if (this.#refused === 0 && this.#links > 0) throw linksLeft(this.#links);
    if (this.#refused === 0) return;
    const code = this.#first?.code === "too_large" ? "too_large" : "malformed";
    throw new MailError(
      code,
      `Cannot import ${this.#refused} of ${this.all} messages; the others are in the mailbox`,
    );
  }
}

function linksLeft(count: number): MailError {
  const links = count === 1 ? "a link" : `${count} links`;
  return new MailError("malformed", `Cannot import ${links} in the Maildir; the rest was read`);
}

function checkStandardInput({ passwordStdin }: Flags, path: string): void {
  if (path !== "-" || !passwordStdin) return;
  throw new MailError("usage", "Cannot read both the password and the messages from stdin");
}
