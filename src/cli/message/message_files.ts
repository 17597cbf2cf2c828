/** Messages in files of their own. */
import type { ImportedMessage } from "../../client/importing/imported_message.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { join } from "../settings/folders.ts";
import { openInput } from "./input.ts";

export interface FoundFile {
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
}

/** Files of these names in a folder. */
export function filesIn(folder: string, names: readonly string[]): FoundFile[] {
  return names.map((name) => ({ path: join(folder, name), name }));
}

/** Oldest first, as far as names tell: both Maildir and `export` begin them with a number that rises. */
export async function* fileMessages<F extends FoundFile>(
  files: readonly F[],
  describe: (
    file: F,
    found: Pick<ImportedMessage, "content" | "date">,
  ) => Omit<ImportedMessage, "name">,
): AsyncGenerator<ImportedMessage> {
  const byNumber = (a: F, b: F) =>
    parseInt(a.name) - parseInt(b.name) || (a.name < b.name ? -1 : 1);
  for (const file of files.filter(({ name }) => !name.startsWith(".")).sort(byNumber)) {
    const { path } = file;
    const { isFile, mtime } = await Deno.lstat(path).catch(() => ({ isFile: false, mtime: null }));
    if (!isFile) continue; // a link or a pipe is nothing that a mail program leaves there
    const date = mtime?.getTime() ?? null;
    yield { ...describe(file, { content: fileContent(path), date }), name: path };
  }
}

/** A file that cannot be read keeps no other from being imported. */
async function* fileContent(path: string): AsyncGenerator<Uint8Array> {
  try {
    const input = await openInput(path);
    try {
      yield* input.content;
    } finally {
      input[Symbol.dispose]();
    }
  } catch (error) {
    if (!isFailure(error, "no_input")) throw error;
    throw new MailError("malformed", error.message, { cause: error });
  }
}
