/** The file of aliases that the settings name. */
import { reasonOf } from "../../files/file_failure.ts";
import type { LocalAliases } from "../../client/submission/local_aliases.ts";
import { MailError } from "../../model/errors.ts";
import { requireOwn } from "../settings/config_file.ts";
import { Settings } from "../settings/settings.ts";

/**
 * Reads the aliases; null where the settings name no file.
 * @throws {MailError} `configuration`, naming the line; also for a file that others can write
 */
export async function readAliases(): Promise<LocalAliases | null> {
  const path = new Settings({}).find("aliases")?.value;
  if (path === undefined) return null;
  const [{ maxAliasesBytes, parseAliases }, { readSecretFrom }] = await Promise.all([
    import("../../client/submission/parse_aliases.ts"),
    import("../secret/secret_file.ts"),
  ]);
  const file = await Deno.open(path).catch((cause) => {
    const message = `Cannot read the aliases in ${path}: ${reasonOf(cause)}`;
    throw new MailError("configuration", message, { cause });
  });
  try {
    requireOwn(path, await file.stat());
    const what = `the aliases in ${path}`;
    return parseAliases(await readSecretFrom(file, { what, maxBytes: maxAliasesBytes }), path);
  } finally {
    file.close();
  }
}
