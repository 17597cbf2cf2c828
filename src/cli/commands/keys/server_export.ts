/** `mailctl keys server export` */
import { buildCommand } from "@stricli/core";
import { textFlag } from "../../flag.ts";
import { writeData } from "../../terminal/output.ts";
import { keysFolder } from "../../settings/server_folders.ts";
import { settingFlag, Settings } from "../../settings/settings.ts";

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
    brief: "Export this server's public keys for clients",
    fullDescription:
      "Write the public keys of the server on this machine, as a line of the file\n" +
      "known_servers. A client that has the line in its known_servers trusts the server\n" +
      "without comparing a fingerprint. The line holds no secret.\n" +
      "\n" +
      "The file is in the client's state folder (~/.local/state/mailctl). It needs mode\n" +
      "0600, and the folder 0700.",
  },
  parameters: {
    flags: {
      address: textFlag(
        "HOST:PORT",
        "Name HOST:PORT as the address for clients (default: --listen)",
      ),
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
      ? settings.parse("listen", parseServer)
      : parseServer(flags.address);
    const identity = await readPublicIdentity(keysFolder(settings));
    await writeData(formatKnownServer({ ...identity, address: formatServer(server) }));
  },
});
