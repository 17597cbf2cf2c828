/** `mailctl keys server export` */
import { buildCommand } from "@stricli/core";
import { textFlag } from "../../flag.ts";
import { write } from "../../terminal/output.ts";
import { keysFolder } from "../../settings/server_folders.ts";
import { settingFlag, Settings, settingTable } from "../../settings/settings.ts";

interface Flags {
  readonly keys: string | undefined;
  readonly listen: string | undefined;
  readonly address: string | undefined;
}

export const examples = [
  "mailctl keys server export --address mail.example:4465 > known_servers",
  "mailctl keys server export | ssh bob@laptop 'cat >> .local/state/mailctl/known_servers'",
];

export const command = buildCommand({
  docs: {
    brief: "Write this machine's server as clients know it",
    fullDescription:
      "Write the public half of the server's keys, as a line of the file known_servers in a client's\n" +
      "state folder (~/.local/state/mailctl, mode 0600 in a folder of 0700): a client that has it\n" +
      "needs to be told no fingerprint. It holds no secret.",
  },
  parameters: {
    flags: {
      address: textFlag("HOST:PORT", "Where clients reach it (where it listens)"),
      keys: settingFlag("keys"),
      listen: settingFlag("listen"),
    },
  },
  func: async (flags: Flags) => {
    const settings = new Settings(flags);
    const [{ readPublicIdentity }, { formatKnownServer }, { formatServer, parseServer }] =
      await Promise.all([
        import("../../../server/key/public_identity.ts"),
        import("../../../client/connection/known_servers.ts"),
        import("../../../client/connection/server_address.ts"),
      ]);
    const server = flags.address === undefined
      ? settings.parse("listen", settingTable.listen.fallback ?? "", parseServer)
      : parseServer(flags.address);
    const identity = await readPublicIdentity(keysFolder(settings));
    await write(formatKnownServer({ ...identity, address: formatServer(server) }));
  },
});
