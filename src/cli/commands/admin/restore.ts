/** `mailctl admin restore` */
import { buildCommand } from "@stricli/core";
import { switchFlag, textArgument } from "../../flag.ts";
import { say } from "../../terminal/output.ts";
import { storeFolder } from "../../settings/server_folders.ts";
import { settingFlag, Settings } from "../../settings/settings.ts";

interface Flags {
  readonly data: string | undefined;
  readonly force: boolean;
}

export const examples = ["mailctl admin restore /backup/mail.db --data /srv/mail"];

export const command = buildCommand({
  docs: {
    brief: "Put a backup in the place of a server's store",
    fullDescription:
      "Check a backup and put it in the place of the store on this machine, wholly or not at all.\n" +
      "The server must not run. What came after the backup is lost; clients that saw a newer keyring\n" +
      "take the older one for a roll-back and stop with 82: there `mailctl logout`, then `login`.",
  },
  parameters: {
    flags: { data: settingFlag("data"), force: switchFlag("Replace accounts that are there") },
    positional: textArgument("FILE", "What admin backup wrote"),
  },
  func: async ({ data, force }: Flags, path: string) => {
    const folder = storeFolder(new Settings({ data }));
    const { loadBackups } = await import("../../../store/open.ts");
    const { restoreBackup } = await loadBackups();
    const { accounts, messages, domain } = await restoreBackup(path, folder, { force });
    say(`Restored ${domain} into ${folder}; accounts: ${accounts}, messages: ${messages}`);
  },
});
