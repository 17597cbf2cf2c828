/** `mailctl logout` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../flag.ts";
import { stateFolder } from "../settings/folders.ts";
import { say, writeJson, writeLine } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type ServerFlags, serverFlags } from "../session.ts";
import { settingFlag, Settings } from "../settings/settings.ts";
import type { AccountName } from "../../model/address.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";

interface Flags extends ServerFlags {
  readonly user: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

export const examples = ["mailctl logout", "mailctl logout --all"];

export const command = buildCommand({
  docs: {
    brief: "Delete saved keys from this machine",
    fullDescription:
      "Delete the saved keys of an account from this machine: of the current account,\n" +
      "unless --user names another. The account itself stays.\n" +
      "\n" +
      "Prints each account and its server, separated by a tab.",
  },
  parameters: {
    flags: {
      all: switchFlag("Delete the keys of every account"),
      json: jsonFlag,
      ...serverFlags,
      user: settingFlag("user"),
    },
  },
  func: async (flags: Flags) => {
    const dropped = await drop(flags);
    if (flags.json) return await writeJson({ dropped } satisfies JsonOf<"logout">);
    if (dropped.length === 0) say("There is no saved login");
    for (const { name, server } of dropped) {
      await writeLine(visible`${visibleLine(name)}\t${visibleLine(server)}`);
    }
  },
});

async function drop(flags: Flags): Promise<{ server: string; name: AccountName }[]> {
  const settings = new Settings(flags);
  const state = { folder: stateFolder(settings.environment) };
  const { defaultLogin, dropEveryLogin, dropLogin } = await import("../../client/open_mailbox.ts");
  const { parseServer } = await import("../../client/connection/server_address.ts");
  if (flags.all) return await dropEveryLogin(state);
  const saved = await defaultLogin(state);
  const server = settings.find("server") === null
    ? saved?.server
    : settings.parse("server", "", parseServer);
  const name = settings.find("user")?.value ?? saved?.name;
  return server === undefined && name === undefined ? [] : await dropLogin(state, { server, name });
}
