/** The forms in which messages come in: what `export` writes, and what other programs write. Each is read as it streams. */
import { reasonOf } from "../../files/file_failure.ts";
import type { ImportedMessage } from "../../client/importing/importer.ts";
import { readMbox } from "../../mime/mbox_reader.ts";
import { concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { join } from "../settings/folders.ts";
import { defaultsOf, type ImportOptions } from "./import_options.ts";
import { openInput, standardInput } from "./input.ts";
import { flagsOfLetters, lettersIn } from "./maildir_flags.ts";

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
  if (path !== "-" && await isFolder(path)) return folderMessages(path, form, query);
  const content = path === "-" ? standardInput() : opened.use(await openInput(path)).content;
  const { start, all } = await peek(content);
  const found = form ?? formOf(start, path === "-" ? "standard input" : path);
  const name = path === "-" ? "standard input" : path;
  if (found === "mbox") return mboxMessages(all, query);
  if (found === "eml") return one({ ...defaultsOf(query), name, date: null, content: all });
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
  for await (const { date, content } of readMbox(source)) {
    yield { ...defaultsOf(query), name: `message ${++number}`, hasStatus: true, date, content };
  }
}

function folderMessages(
  path: string,
  form: ImportForm | undefined,
  query: ImportOptions,
): Messages {
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const found = form ?? formOfFolder(names);
  if (found === "maildir") return maildirMessages(path, query);
  if (found === "eml") {
    return fileMessages(
      path,
      named(names, "eml"),
      (content) => ({ ...defaultsOf(query), content }),
    );
  }
  if (found === "age") {
    return fileMessages(
      path,
      named(names, "age"),
      (content) => ({ ...defaultsOf(query), content: query.openSealed(content) }),
    );
  }
  throw unknownForm(path);
}

function formOfFolder(names: readonly string[]): ImportForm | null {
  if (names.includes("cur") || names.includes("new")) return "maildir";
  if (named(names, "age").length > 0) return "age";
  return named(names, "eml").length > 0 ? "eml" : null;
}

function named(names: readonly string[], extension: string): string[] {
  return names.filter((name) => name.toLowerCase().endsWith(`.${extension}`));
}

async function* maildirMessages(
  path: string,
  query: ImportOptions,
): AsyncGenerator<ImportedMessage> {
  for (const folder of ["cur", "new"]) {
    const names = namesIn(join(path, folder)).filter((name) => !lettersIn(name).includes("T"));
    yield* fileMessages(join(path, folder), names, (content, name) => {
      const letters = folder === "cur" ? lettersIn(name) : "";
      const known = defaultsOf(query, { flags: flagsOfLetters(letters), keywords: [] });
      return { ...known, isRead: known.isRead || letters.includes("S"), content };
    });
  }
}

/** A Maildir without one of its folders is read all the same. */
function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new MailError("no_input", `Cannot read ${folder}: ${reasonOf(error, "folder")}`, {
      cause: error,
    });
  }
}

/** Oldest first, as far as names tell: both Maildir and `export` begin them with a number that rises. */
async function* fileMessages(
  folder: string,
  names: readonly string[],
  describe: (
    content: AsyncIterable<Uint8Array>,
    name: string,
  ) => Pick<ImportedMessage, "box" | "isRead" | "filing" | "content">,
): AsyncGenerator<ImportedMessage> {
  const byNumber = (a: string, b: string) => parseInt(a) - parseInt(b) || (a < b ? -1 : 1);
  for (const name of names.filter((name) => !name.startsWith(".")).sort(byNumber)) {
    const path = join(folder, name);
    const { isFile, mtime } = await Deno.lstat(path).catch(() => ({ isFile: false, mtime: null }));
    if (!isFile) continue; // a link or a pipe is nothing that a mail program leaves there
    yield { ...describe(fileContent(path), name), name: path, date: mtime?.getTime() ?? null };
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
    if (!(error instanceof MailError) || error.code !== "no_input") throw error;
    throw new MailError("malformed", error.message, { cause: error });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false); // opening it tells why
}

/** Reads the beginning of a stream, and gives all of it. */
async function peek(
  content: AsyncIterable<Uint8Array>,
): Promise<{ start: string; all: AsyncIterable<Uint8Array> }> {
  const source = content[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; bytes < peekedBytes;) {
    const { value, done } = await source.next();
    if (done) break;
    pieces.push(value);
    bytes += value.length;
  }
  const first = concatBytes(pieces);
  const all = async function* () {
    if (first.length > 0) yield first;
    yield* { [Symbol.asyncIterator]: () => source };
  };
  return { start: new TextDecoder("latin1").decode(first.subarray(0, peekedBytes)), all: all() };
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
