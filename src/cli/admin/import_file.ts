/** The file that accounts are imported from, read and checked as a whole before the first account is made. */
import { type AccountName, parseName } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { checkPassword } from "../../model/password.ts";
import { host } from "../host.ts";
import { readSecretFile, readSecretFrom } from "../secret/secret_file.ts";

const maxFileBytes = 16 * 1024 * 1024;

export interface ImportedAccount {
  readonly name: AccountName;
  readonly password: string;
}

/** Reads a file, or standard input for `-`. @throws {MailError} `malformed` naming the account, never its password */
export async function readImport(path: string): Promise<ImportedAccount[]> {
  const source = { what: "the file", maxBytes: maxFileBytes };
  return parseImport(
    path === "-"
      ? await readSecretFrom(host.stdin, { ...source, what: "standard input" })
      : await readSecretFile(path, source),
  );
}

/** Parses a JSON object of names and passwords. @throws {MailError} `malformed` */
function parseImport(text: string): ImportedAccount[] {
  const accounts = Object.entries(parseObject(text)).map(([key, password]) => {
    const name = parseName(key);
    if (typeof password !== "string") throw malformed(`the password of ${name} is not a string`);
    checkEach(name, password);
    return { name, password };
  });
  const names = new Set<string>();
  for (const { name } of accounts) {
    if (names.has(name)) throw malformed(`${name} is in it twice`);
    names.add(name);
  }
  return accounts;
}

function checkEach(name: AccountName, password: string): void {
  try {
    checkPassword(password, true);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    throw new MailError(error.code, `${error.message} (${name})`);
  }
}

/** What the parser says may quote a password: it is not passed on. */
function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw malformed("it is not an object of names and passwords");
}

function malformed(reason: string): MailError {
  return new MailError("malformed", `Cannot use the accounts: ${reason}`, {
    hint: 'Write {"alice": "her password", "bob": "his password"}.',
  });
}
