/** Messages of a Maildir, or of all folders of a Maildir++ tree. */
import type { ImportedMessage } from "../../../client/importing/imported_message.ts";
import { withMailLineEnds } from "../../../mime/intake.ts";
import { joinFlags, readKeywords } from "../../../model/filing.ts";
import { join } from "../../settings/folders.ts";
import type { NamedFolder } from "../../../client/filing/named_folder.ts";
import { defaultsOf, type ImportOptions, isByForm, type SaidOfMessage } from "../import_options.ts";
import { fileMessages, type FoundFile } from "../message_files.ts";
import { boxOfUnique } from "./export_name.ts";
import { folderOfTree } from "./folder_path.ts";
import { KeywordFile } from "./keyword_file.ts";
import { flagsOfLetters, lettersIn } from "./maildir_flags.ts";
import { isLink, messageFolders, namesIn, type TreeFolder, treeFoldersIn } from "./maildir_tree.ts";

/** A folder of the tree, and what its messages come into; null: as all do. */
interface Source {
  readonly path: string;
  readonly folder: NamedFolder | null;
}

interface MaildirFile extends FoundFile {
  readonly said: SaidOfMessage;
}

/**
 * Reads messages, oldest first as far as their names tell. Where it is not said where they come into, those of the
 * folders below come with it, each into the folder of its name.
 */
export async function* maildirMessages(
  root: string,
  options: ImportOptions,
): AsyncGenerator<ImportedMessage> {
  const sources = isByForm(options)
    ? await sourcesOf(root, options)
    : [{ path: root, folder: null }];
  const found: MaildirFile[][] = [];
  for (const source of sources) found.push(await filesOf(source, options));
  const files = found.flat(); // a call takes no hundred thousand arguments
  yield* fileMessages(files, ({ said }, { content, date }) => ({
    ...defaultsOf(options, said),
    isExported: said.box !== undefined,
    date,
    receivedAt: date, // as Dovecot has it
    content: withMailLineEnds(content),
  }));
}

async function sourcesOf(root: string, options: ImportOptions): Promise<Source[]> {
  const named = treeFoldersIn(root).map((folder) => ({ ...folder, name: nameOf(folder) }));
  for (const { path, isLink, name } of named) {
    if (isLink) options.onLink(path);
    else if (name === null) {
      options.onUnnamed(path, (await filesOf({ path, folder: null }, options)).length);
    }
  }
  const there = named.filter(({ isLink, name }) => !isLink && name !== null);
  const folders = await options.findFolders(there.map(({ name }) => name!));
  return there.map(({ path }, at) => ({ path, folder: folders[at]! }));
}

function nameOf({ treeName }: TreeFolder): string | null {
  return treeName === null ? "INBOX" : folderOfTree(treeName);
}

async function filesOf(source: Source, { onLink }: ImportOptions): Promise<MaildirFile[]> {
  const keywords = await KeywordFile.read(source.path);
  const subs = messageFolders.filter((sub) => {
    const path = join(source.path, sub);
    if (isLink(path)) onLink(path);
    return !isLink(path);
  });
  return subs.flatMap((sub) =>
    namesIn(join(source.path, sub)).flatMap((name) => fileOf(source, sub, name, keywords) ?? [])
  );
}

/** Null: it is to be deleted. */
function fileOf(
  { path, folder }: Source,
  sub: (typeof messageFolders)[number],
  name: string,
  keywords: KeywordFile,
): MaildirFile | null {
  const letters = sub === "cur" ? lettersIn(name) : "";
  if (letters.includes("T")) return null;
  const read = readKeywords(keywords.keywordsOf(letters));
  const flags = joinFlags(flagsOfLetters(letters), read.flags);
  const said = { ...read, flags, isRead: letters.includes("S"), folder, box: boxOfUnique(name) };
  return { path: join(path, sub, name), name, said };
}
