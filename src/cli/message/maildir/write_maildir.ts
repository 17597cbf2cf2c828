/** Messages as a Maildir, or each in the folder of a Maildir++ tree that it is in. */
import type { Mailbox } from "../../../client/mailbox.ts";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { reasonOf } from "../../../files/file_failure.ts";
import { MailError } from "../../../model/errors.ts";
import {
  boxFolders,
  type FolderList,
  folderNameOf,
  forwardedKeyword,
  receivedAt,
  writtenKeywords,
} from "../../../model/filing.ts";
import type { EntryId } from "../../../model/ids.ts";
import { join } from "../../settings/folders.ts";
import { say } from "../../terminal/output.ts";
import { authored, isReadBy, type Opener } from "../export_formats.ts";
import { makeFolderFor, tidy, writeNewFile } from "../new_file.ts";
import { idOfUnique, uniqueName } from "./export_name.ts";
import { treeNameOf } from "./folder_path.ts";
import { KeywordFile } from "./keyword_file.ts";
import { lettersOf, uniquePart } from "./maildir_flags.ts";
import { messageFolders, namesIn, treeFoldersIn } from "./maildir_tree.ts";

export interface MaildirOptions {
  readonly root: string;
  /** Of a tree: those that there are. Null: all messages come into the root. */
  readonly folders: FolderList | null;
  /** True: a tree gets all folders, whatever is in them. */
  readonly isWhole: boolean;
}

/** Adds messages, oldest first. What is there from an earlier time, in any folder, stays as it is. */
export async function writeMaildir(
  mailbox: Mailbox,
  ids: readonly EntryId[],
  opener: Opener,
  options: MaildirOptions,
): Promise<void> {
  const { address } = await mailbox.account();
  const writer = new MaildirWriter(address, options);
  await writer.begin();
  const there = idsIn(options.root, address);
  for await (const message of opener.open(ids.filter((id) => !there.has(id)))) {
    await writer.write(message);
  }
  writer.finish();
}

/** The messages of an account that are there, in whatever folder and with whatever letters. */
function idsIn(root: string, address: string): Set<number> {
  const names = treeFoldersIn(root).flatMap(({ path }) =>
    messageFolders.flatMap((sub) => namesIn(join(path, sub)))
  );
  return new Set(names.flatMap((name) => idOfUnique(uniquePart(name), address) ?? []));
}

class MaildirWriter {
  readonly #address: string;
  readonly #options: MaildirOptions;
  /** By path, the folders that are made. */
  readonly #made = new Map<string, KeywordFile>();
  readonly #keywordsLeft = new Set<string>();

  constructor(address: string, options: MaildirOptions) {
    this.#address = address;
    this.#options = options;
  }

  /** Makes the root, and what else is to be there. */
  async begin(): Promise<void> {
    const { root, folders, isWhole } = this.#options;
    const names = folders?.folders.map(({ name }) => name) ?? [];
    const paths = names.map((name) => this.#pathOf(name)); // before anything is made
    for (const path of [root, ...isWhole ? paths : []]) await this.#make(path);
  }

  async write(message: OpenedMessage): Promise<void> {
    const { id, box, filing } = message;
    const { folders, root } = this.#options;
    const path = folders === null ? root : this.#pathOf(folderNameOf(folders, message));
    const keywords = writtenKeywords(filing); // Dovecot does not know the letter of $Forwarded
    const { letters, left } = await (await this.#make(path)).lettersFor(keywords);
    for (const keyword of left) if (keyword !== forwardedKeyword) this.#keywordsLeft.add(keyword);
    const found = lettersOf(filing.flags, isReadBy(message), letters);
    const unique = uniqueName(id, box, this.#address);
    const name = found === "" ? `new/${unique}` : `cur/${unique}:2,${found}`;
    // As Dovecot has it, its file is as old as the message is here.
    await writeNewFile(join(path, name), authored(message), false, receivedAt(message));
  }

  /** Tells what has no place in a Maildir. */
  finish(): void {
    if (this.#keywordsLeft.size === 0) return;
    const words = [...this.#keywordsLeft].join(", ");
    say(`A Maildir folder has room for 26 keywords. Use --format json to keep also: ${words}`);
  }

  #pathOf(folder: string): string {
    const { root } = this.#options;
    return folder === boxFolders.inbox ? root : join(root, treeNameOf(folder));
  }

  async #make(path: string): Promise<KeywordFile> {
    const made = this.#made.get(path);
    if (made !== undefined) return made;
    for (const name of [...messageFolders, "tmp"]) await makeFolderFor(join(path, name));
    for (const folder of ["", ...messageFolders]) await tidy(join(path, folder));
    if (path !== this.#options.root) await markAsFolder(join(path, "maildirfolder"));
    const file = await KeywordFile.read(path);
    this.#made.set(path, file);
    return file;
  }
}

/** Maildir++: by this empty file a folder of the tree is told from a Maildir of its own. */
async function markAsFolder(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, create: true, mode: 0o600 })).close();
  } catch (cause) {
    const message = `Cannot write ${path}: ${reasonOf(cause)}`;
    throw new MailError("cannot_create", message, { cause });
  }
}
