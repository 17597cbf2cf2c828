/** `mailctl admin restore` */
import { buildCommand } from "@stricli/core";
import { switchFlag, textArgument } from "../../flag.ts";
import { say } from "../../terminal/output.ts";
import { dataUrl, isDatabaseUrl, storeFolder } from "../../settings/server_folders.ts";
import { settingFlag, Settings } from "../../settings/settings.ts";

interface Flags {
  readonly data: string | undefined;
  readonly force: boolean;
}

export const examples = [
  "mailctl admin restore /backup/mail.db --data /srv/mail",
  "mailctl admin restore /backup/mail.db --data postgres://mail@db1,db2/mail",
];

export const command = buildCommand({
  docs: {
    brief: "Restore a backup",
    fullDescription:
      "Check a backup, then put it in place of the database on this machine, wholly or\n" +
      "not at all. The server must not be running. Everything after the backup is lost.\n" +
      "With --data postgres://..., fill an empty PostgreSQL database with it: the way\n" +
      "from one kind of store to the other.\n" +
      "Ids of messages go on a million higher than in the backup, and no lower than in\n" +
      "the database that it replaces. So none is given out twice.\n" +
      "\n" +
      "Clients with a saved login put newer contacts than those in the backup back,\n" +
      "and say so. A client that has kept none stops with status 82: run\n" +
      "`mailctl logout`, then `mailctl login` there.",
  },
  parameters: {
    flags: { data: settingFlag("data"), force: switchFlag("Replace existing accounts") },
    positional: textArgument("FILE", "The file of admin backup"),
  },
  func: async ({ data, force }: Flags, path: string) => {
    const settings = new Settings({ data });
    const { loadBackups, restoreDatabase } = await import("../../../store/open.ts");
    const url = dataUrl(settings);
    const isDatabase = isDatabaseUrl(url);
    const place = isDatabase ? url : storeFolder(settings);
    const { accounts, messages, domain } = isDatabase
      ? await restoreDatabase(path, url, { force })
      : await (await loadBackups()).restoreBackup(path, place, { force });
    say(`Restored ${domain} into ${place}; accounts: ${accounts}, messages: ${messages}`);
  },
});
