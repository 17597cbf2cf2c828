/** Files and folders that nobody else may get at, as they hold secrets or decide what runs. */
import { type Hint, MailError, shellWord } from "../model/errors.ts";

const others = 0o077;

/**
 * Refuses what other users can access. `mode` is null on a system without modes; `name`: what the message calls it.
 * @throws {MailError} `configuration`
 */
export function requirePrivate(
  path: string,
  { mode, isDirectory }: Pick<Deno.FileInfo, "mode" | "isDirectory">,
  name = path,
): void {
  if (mode === null || (mode & others) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new MailError(
    "configuration",
    `Cannot use ${name}: other users can access it (mode ${octal})`,
    { hint: chmodHint(isDirectory ? "700" : "600", path) },
  );
}

/** Has somebody give a path a mode, as chmod(1) writes it. */
export function chmodHint(mode: string, path: string): Hint {
  const file = path.startsWith("-") ? `./${path}` : path; // no option
  return `Run \`chmod ${mode} ${shellWord(file)}\`.`;
}
