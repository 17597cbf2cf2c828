/** `mailctl admin backup` */
import { buildCommand } from "@stricli/core";
import { switchFlag, textArgument } from "../../flag.ts";
import { placeFile } from "../../message/new_file.ts";
import { dataUrl, isDatabaseUrl, storeFolder } from "../../settings/server_folders.ts";
import { settingFlag, Settings } from "../../settings/settings.ts";

interface Flags {
  readonly data: string | undefined;
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
    flags: { data: settingFlag("data"), force: switchFlag("Overwrite FILE") },
    positional: textArgument("FILE", "The new file"),
  },
  func: async ({ data, force }: Flags, path: string) => {
    const settings = new Settings({ data });
    const { backUpDatabase, loadBackups } = await import("../../../store/open.ts");
    const url = dataUrl(settings);
    const folder = isDatabaseUrl(url) ? null : storeFolder(settings);
    const { writeBackup } = await loadBackups();
    const write = (temporary: string) =>
      folder === null ? backUpDatabase(url, temporary) : writeBackup(folder, temporary);
    await placeFile(path, write, force);
  },
});
