/** `mailctl admin backup` */
import { buildCommand } from "@stricli/core";
import { type AdminFlags, adminFlags, askAdmin, isRunNamed } from "../../admin/ask_admin.ts";
import { switchFlag, textArgument } from "../../flag.ts";
import { placeFile } from "../../message/new_file.ts";
import { dataUrl, isDatabaseUrl, requireFolder } from "../../settings/server_folders.ts";
import { Settings } from "../../settings/settings.ts";

interface Flags extends AdminFlags {
  readonly force: boolean;
}

export const examples = ["mailctl admin backup /backup/mail-$(date +%F).db"];

export const command = buildCommand({
  docs: {
    brief: "Back up all accounts and mail to a file",
    fullDescription:
      "Write all accounts and mail of the server on this machine, or of a PostgreSQL\n" +
      "database, to one new file (mode 0600). The server may be running. The mail in\n" +
      "the file is encrypted, as it is at the server.\n" +
      "\n" +
      "The file does not contain the server's own keys. Keep a copy of their folder\n" +
      "elsewhere.",
  },
  parameters: {
    flags: { ...adminFlags, force: switchFlag("Overwrite FILE") },
    positional: textArgument("FILE", "The new file"),
  },
  func: async ({ force, ...flags }: Flags, path: string) => {
    const { backUpDatabase, loadBackups } = await import("../../../store/open.ts");
    const url = await findStore(flags);
    const folder = isDatabaseUrl(url) ? null : requireFolder(url);
    const { writeBackup } = await loadBackups();
    const write = (temporary: string) =>
      folder === null ? backUpDatabase(url, temporary, path) : writeBackup(folder, temporary, path);
    await placeFile(path, write, force);
  },
});

/** Where only the folder of its socket is given, the server that runs there tells. */
async function findStore(flags: AdminFlags): Promise<string> {
  const url = isRunNamed(flags) ? (await askAdmin(flags, "store", {})).url : null;
  return url ?? dataUrl(new Settings(flags));
}
