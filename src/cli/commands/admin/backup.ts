/** `mailctl admin backup` */
import { buildCommand } from "@stricli/core";
import { switchFlag, textArgument } from "../../flag.ts";
import { placeFile } from "../../message/new_file.ts";
import { storeFolder } from "../../settings/server_folders.ts";
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
      "Write all accounts and mail of the server on this machine to one new file (mode\n" +
      "0600). The server may be running. The mail in the file is encrypted, as it is at\n" +
      "the server.\n" +
      "\n" +
      "The file does not contain the server's own keys. Keep a copy of their folder\n" +
      "elsewhere.",
  },
  parameters: {
    flags: { data: settingFlag("data"), force: switchFlag("Overwrite FILE") },
    positional: textArgument("FILE", "The new file"),
  },
  func: async ({ data, force }: Flags, path: string) => {
    const folder = storeFolder(new Settings({ data }));
    const { loadBackups } = await import("../../../store/open.ts");
    const { writeBackup } = await loadBackups();
    await placeFile(path, (temporary) => writeBackup(folder, temporary), force);
  },
});
