/** `mailctl logout` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../flag.ts";
import { stateFolder } from "../settings/folders.ts";
import { say, writeJson, writeLine } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { type ServerFlags, serverFlags } from "../session.ts";
import { settingFlag, Settings } from "../settings/settings.ts";
import { visibleLine } from "../../model/visible.ts";

interface Flags extends ServerFlags {
  readonly user: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

export const examples = ["mailctl logout", "mailctl logout --all"];

export const command = buildCommand({
  docs: {
    brief: "Drop saved keys from this machine",
    fullDescription:
      "Drop the saved keys of an account (the one that commands use, unless another is named)\n" +
      "from this machine. Prints each account and its server, with a tab between. The account itself\n" +
      "stays.",
  },
  parameters: {
    flags: {
      all: switchFlag("Every saved login"),
      json: jsonFlag,
      ...serverFlags,
      user: settingFlag("user"),
    },
  },
  func: async (flags: Flags) => {
    const dropped = await drop(flags);
    if (flags.json) return await writeJson({ dropped } satisfies JsonOf<"logout">);
    if (dropped.length === 0) say("There was no saved login");
    for (const { name, server } of dropped) await writeLine(`${name}\t${visibleLine(server)}`);
  },
});

async function drop(flags: Flags): Promise<{ server: string; name: string }[]> {
  const settings = new Settings(flags);
  const state = { folder: stateFolder(settings.environment) };
  const { defaultLogin, dropLogin } = await import("../../client/open_mailbox.ts");
  const { parseServer } = await import("../../client/connection/server_address.ts");
  if (flags.all) return await dropLogin(state, {});
  const saved = await defaultLogin(state);
  const server = settings.find("server") === null
    ? saved?.server
    : settings.parse("server", "", parseServer);
  const name = settings.find("user")?.value ?? saved?.name;
  return server === undefined && name === undefined ? [] : await dropLogin(state, { server, name });
}
