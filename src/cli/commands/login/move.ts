/** `mailctl login move` */
import { buildCommand } from "@stricli/core";
import type { ConnectOptions } from "../../../client/connection/connect.ts";
import { formatServer, parseServer } from "../../../client/connection/server_address.ts";
import { visible, visibleLine } from "../../../model/visible_text.ts";
import { textArgument } from "../../flag.ts";
import { connectOptions, type ServerFlags, serverFlags } from "../../session.ts";
import { Settings } from "../../settings/settings.ts";
import { say, writeLine } from "../../terminal/output.ts";

export const examples = [
  "mailctl login move mail.example:4465",
  "mailctl login move mail.example:4465 --server 10.0.0.5:4465",
];

export const command = buildCommand({
  docs: {
    brief: "Use the saved logins at the server's new address",
    fullDescription:
      "If your server has a new name or port, have the logins that are saved on this\n" +
      "machine use it. No password is needed. The server at the new address has to\n" +
      "prove itself by the key that this machine knows. If it is another server, the\n" +
      "exit status is 80, and nothing is changed.\n" +
      "\n" +
      "The old address is that of the login that commands use, unless --server names\n" +
      "another.\n" +
      "\n" +
      "Prints each account and its server, separated by a tab.",
  },
  parameters: {
    flags: { ...serverFlags },
    positional: textArgument("SERVER", "The new address: HOST or HOST:PORT"),
  },
  func: async (flags: ServerFlags, address: string) => {
    const { moveLogins } = await import("../../../client/account/move_logins.ts");
    const settings = new Settings(flags);
    const to = parseServer(address);
    const moved = await moveLogins(await optionsAt(flags, settings), to);
    for (const { name, server } of moved) {
      await writeLine(visible`${visibleLine(name)}\t${visibleLine(server)}`);
    }
    const set = settings.find("server");
    if (set === null || set.way === "flag") return;
    if (formatServer(parseServer(set.value)) !== formatServer(to)) {
      say(`Change ${set.from} too: it names another address`);
    }
  },
});

/** At the old address. Settings may name the new one already, where no login is saved. */
async function optionsAt({ server }: ServerFlags, settings: Settings): Promise<ConnectOptions> {
  const options = await connectOptions(settings);
  if (server !== undefined) return options;
  const [{ defaultLogin }, { readLogins }] = await Promise.all([
    import("../../../client/open_mailbox.ts"),
    import("../../../client/account/saved_logins.ts"),
  ]);
  const place = formatServer(options.server);
  const isSaved = (await readLogins(options.state.folder)).some((login) => login.server === place);
  if (isSaved) return options;
  return { ...options, server: (await defaultLogin(options.state))?.server ?? options.server };
}
