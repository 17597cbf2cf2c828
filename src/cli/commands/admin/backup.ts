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
    brief: "Write all accounts and mail into one file",
    fullDescription:
      "Write all accounts and mail of the server on this machine into one new file (0600), as they\n" +
      "are at one moment; the server may run. Mail in it is sealed as it is at the server. The\n" +
      "server's own keys are not in it: keep a copy of their folder elsewhere.",
  },
  parameters: {
    flags: { data: settingFlag("data"), force: switchFlag("Write over a file that is there") },
    positional: textArgument("FILE", "The new file"),
  },
  func: async ({ data, force }: Flags, path: string) => {
    const folder = storeFolder(new Settings({ data }));
    const { loadBackups } = await import("../../../store/open.ts");
    const { writeBackup } = await loadBackups();
    await placeFile(path, (temporary) => writeBackup(folder, temporary), force);
  },
});
