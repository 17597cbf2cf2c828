/** Following a server to another address. It is the same server if it proves itself by the key that is known. */
import { MailError } from "../../model/errors.ts";
import { type ConnectOptions, ping } from "../connection/connect.ts";
import { findServer } from "../connection/known_servers.ts";
import { formatServer, type ServerAddress } from "../connection/server_address.ts";
import type { Login } from "./logins_file.ts";
import { changeServer } from "./saved_logins.ts";

/**
 * Has every login saved for a server go to its new address. Returns those logins.
 * @throws {MailError} `server_key_changed` where another server is there; `server_unknown` where the key of the old one is
 * not known; `usage` for the same address; `configuration`, `name_taken` as `changeServer`; `unavailable`
 */
export async function moveLogins(options: ConnectOptions, to: ServerAddress): Promise<Login[]> {
  const { state: { folder }, server } = options;
  const [from, there] = [formatServer(server), formatServer(to)];
  if (from === there) {
    throw new MailError("usage", `Cannot move to ${there}: the saved logins are for it already`);
  }
  const known = server.fingerprint ?? (await findServer(folder, from))?.fingerprint;
  if (known === undefined) {
    throw new MailError("server_unknown", `Cannot follow ${from}: its key is not known`, {
      hint: `Run \`mailctl login NAME --server ${there}\`.`,
    });
  }
  await ping({ ...options, server: { ...to, fingerprint: known } });
  if (to.fingerprint !== null) await ping({ ...options, server: to });
  return await changeServer(folder, from, there);
}
