/** The configuration file: lines of `key = value`, and comments after `#` at the start of a line. */
import { reasonOf } from "../../files/file_failure.ts";
import { chmodHint } from "../../files/private.ts";
import { type Hint, MailError } from "../../model/errors.ts";
import { configPath, type Environment } from "./folders.ts";

/** A value and where it was found. */
export interface Found {
  readonly value: string;
  /** For messages: the flag, the variable, the credential, or the line of the file. */
  readonly from: string;
  readonly way: "flag" | "variable" | "credential" | "file";
}

/** What the file sets, by key. */
export type ConfigFile = ReadonlyMap<string, Found>;

/** Reads the file, which need not exist. @throws {MailError} `configuration`, naming the line */
export function readConfigFile(environment: Environment, keys: ReadonlySet<string>): ConfigFile {
  const path = configPath(environment);
  const text = path === null ? null : readIfThere(path);
  return text === null ? new Map() : parseConfig(text, path!, keys);
}

/** Parses the text of the file. @throws {MailError} `configuration`, naming the line */
export function parseConfig(text: string, path: string, keys: ReadonlySet<string>): ConfigFile {
  const found = new Map<string, Found>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const from = `line ${index + 1} of ${path}`;
    if (/^\s*(#|$)/.test(line)) continue;
    const [, key, value] = /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || !value) throw wrong(from, "it is not `key = value`");
    if (!keys.has(key)) throw unknownKey(from, key);
    if (found.has(key)) throw wrong(from, `"${key}" was set before`);
    found.set(key, { value, from, way: "file" });
  }
  return found;
}

function readIfThere(path: string): string | null {
  try {
    requireOwn(path, Deno.statSync(path));
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    if (error instanceof MailError) throw error;
    throw new MailError("configuration", `Cannot read ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Refuses a file that others can write: it decides what runs, or who gets mail. @throws {MailError} `configuration` */
export function requireOwn(path: string, { mode, uid }: Deno.FileInfo): void {
  const isOpen = mode !== null && (mode & 0o022) !== 0;
  const isUnsigned = uid !== null && uid !== 0 && uid !== Deno.uid();
  if (!isOpen && !isUnsigned) return;
  throw new MailError("configuration", `Cannot use ${path}: other users can write to it`, {
    hint: isOpen ? chmodHint("600", path) : "Make yourself the owner of the file.",
  });
}

function unknownKey(from: string, key: string): MailError {
  const hint = key === "password"
    ? "Use password-file or password-command. The file holds no passwords."
    : "Run `mailctl help environment` for the list.";
  return wrong(from, `there is no setting "${key}"`, hint);
}

function wrong(from: string, reason: string, hint?: Hint): MailError {
  return new MailError("configuration", `Cannot use ${from}: ${reason}`, { hint });
}
