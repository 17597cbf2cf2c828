/** The password of the database: never part of an address, which whoever lists processes would see. */
import { requirePrivate } from "../../../files/private.ts";
import { MailError } from "../../../model/errors.ts";

/** Whom a password is for. */
interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * Finds the password as libpq does: PGPASSWORD, else the first line that fits in the file that PGPASSFILE names, else in
 * ~/.pgpass. Null where there is none. https://www.postgresql.org/docs/current/libpq-pgpass.html
 * @throws {MailError} `configuration` for a file that others may read, or that this user may not
 */
export async function findPassword(login: Login): Promise<string | null> {
  const exported = Deno.env.get("PGPASSWORD");
  if (exported) return exported;
  const text = await readPrivate(passwordFile());
  return text === null ? null : passwordIn(text, login);
}

/** Where passwords are looked for. */
export function passwordFile(): string {
  return Deno.env.get("PGPASSFILE") || `${Deno.env.get("HOME") ?? ""}/.pgpass`;
}

/** The user that a database is asked for where the address names none, as libpq has it. */
export function defaultUser(): string {
  return Deno.env.get("PGUSER") || Deno.env.get("USER") || Deno.env.get("LOGNAME") || "mailctl";
}

/** Finds the first line `HOST:PORT:DATABASE:USER:PASSWORD` that fits; `*` is any, and a backslash escapes. */
export function passwordIn(text: string, { host, port, database, user }: Login): string | null {
  // A socket in a folder is `localhost` there.
  const wanted = [host.startsWith("/") ? "localhost" : host, String(port), database, user];
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) continue;
    const fields = fieldsOf(line.replace(/\r$/, ""));
    if (fields.length < 5) continue;
    const fits = wanted.every((value, at) =>
      fields[at]!.raw === "*" || fields[at]!.value === value
    );
    if (fits) return fields[4]!.value;
  }
  return null;
}

function fieldsOf(line: string): { readonly raw: string; readonly value: string }[] {
  return (line.match(/(?:\\.|[^:\\])*(?::|$)/g) ?? []).map((field) => {
    const raw = field.replace(/:$/, "");
    return { raw, value: raw.replaceAll(/\\(.)/g, "$1") };
  });
}

async function readPrivate(path: string): Promise<string | null> {
  try {
    const found = await Deno.stat(path);
    if (!found.isFile) return null;
    requirePrivate(path, found);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null; // the database says whether it wants one
    if (error instanceof MailError) throw error;
    throw new MailError("configuration", `Cannot read ${path}: it is another user's`, {
      hint: "Make the server's user its owner.",
      cause: error,
    });
  }
}
