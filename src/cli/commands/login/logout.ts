/** `mailctl logout` */
import { buildCommand } from "@stricli/core";
import { jsonFlag, switchFlag } from "../../flag.ts";
import { stateFolder } from "../../settings/folders.ts";
import { say, writeJson, writeLine } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { type ServerFlags, serverFlags } from "../../session.ts";
import { settingFlag, Settings } from "../../settings/settings.ts";
import type { Login } from "../../../client/account/logins_file.ts";
import type { ClientState } from "../../../client/connection/connect.ts";
import { lastArgument, type MailError } from "../../../model/errors.ts";
import { visible, visibleLine } from "../../../model/visible_text.ts";

interface Flags extends ServerFlags {
  readonly user: string | undefined;
  readonly all: boolean;
  readonly json: boolean;
}

export const examples = ["mailctl logout", "mailctl logout --all"];

export const command = buildCommand({
  docs: {
    brief: "End the login saved on this machine",
    fullDescription:
      "Delete the saved login of an account from this machine: of the current account,\n" +
      "unless --user names another. The server ends it too. The account itself stays.\n" +
      "A login that was cut off before it was saved ends as well.\n" +
      "\n" +
      "Prints each account and its server, separated by a tab.",
  },
  parameters: {
    flags: {
      all: switchFlag("End the logins of every account"),
      json: jsonFlag,
      ...serverFlags,
      user: settingFlag("user"),
    },
  },
  func: async (flags: Flags) => {
    const state = { folder: stateFolder(new Settings(flags).environment) };
    const logins = await end(flags, state);
    const dropped = logins.map(({ server, name }) => ({ server, name }));
    if (flags.json) return await writeJson({ dropped } satisfies JsonOf<"logout">);
    if (dropped.length === 0) say("There is no saved login");
    for (const { name, server } of dropped) {
      await writeLine(visible`${visibleLine(name)}\t${visibleLine(server)}`);
    }
  },
});

function sayNotEnded({ name, label }: Login, { message }: MailError): void {
  const command = `mailctl login revoke --user ${name} ${lastArgument(label)}`;
  say(`Cannot end the login at the server: ${message}. Later, run \`${command}\``);
}

async function end(flags: Flags, state: ClientState): Promise<Login[]> {
  const { logOut, logOutOfAll } = await import("../../../client/account/log_out.ts");
  if (flags.all) return await logOutOfAll(state, sayNotEnded);
  const { defaultLogin } = await import("../../../client/open_mailbox.ts");
  const { parseServer } = await import("../../../client/connection/server_address.ts");
  const settings = new Settings(flags);
  const saved = await defaultLogin(state);
  const server = settings.parseSet("server", parseServer) ?? saved?.server;
  const name = settings.find("user")?.value ?? saved?.name;
  return await logOut(state, { server, name }, sayNotEnded);
}
