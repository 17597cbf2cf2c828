/** Logging out: logins end at the server first, and then here, so that whoever was cut off does it again. */
import { parseAddress } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";
import { type ConnectOptions, withClient } from "../connection/connect.ts";
import { LostAnswer } from "../connection/outcome_unknown.ts";
import { formatServer, parseServer, type ServerAddress } from "../connection/server_address.ts";
import { indexFolder } from "./index_path.ts";
import { connectAs, enterByDevice } from "./log_in.ts";
import type { Login } from "./logins_file.ts";
import { dropLogins, settledLogins } from "./saved_logins.ts";

type State = ConnectOptions["state"];

/** Hears of a login that the server did not end. */
type OnFailure = (login: Login, error: MailError) => void;

/** The logins of one account at a server, or of all with that name, or of a server. */
export interface WhoseLogins {
  readonly server?: ServerAddress | undefined;
  readonly name?: string | undefined;
}

/** Makes what tells whether a login is one of them. */
export function isOf(which: WhoseLogins): (login: Login) => boolean {
  const server = which.server && formatServer(which.server);
  const name = which.name && parseAddress(which.name).name;
  return (login) =>
    (server === undefined || login.server === server) &&
    (name === undefined || login.name === name);
}

/** Ends saved logins, also those that were cut off before they were saved. Returns those that were saved here. */
export async function logOut(
  state: State,
  which: WhoseLogins,
  onFailure: OnFailure,
): Promise<Login[]> {
  return await endAll(state, isOf(which), false, onFailure);
}

/** Ends every login, also of a damaged file, and drops whatever else that holds. Returns those that could be read. */
export async function logOutOfAll(state: State, onFailure: OnFailure): Promise<Login[]> {
  const dropped = await endAll(state, () => true, true, onFailure);
  await bestEffort(Deno.remove(indexFolder(state.folder), { recursive: true })); // most have none
  return dropped;
}

async function endAll(
  state: State,
  matches: (login: Login) => boolean,
  evenDamaged: boolean,
  onFailure: OnFailure,
): Promise<Login[]> {
  const { saved, unsaved } = await settledLogins(state.folder, evenDamaged);
  const ended = [...saved, ...unsaved].filter(matches);
  await endDevices(state, ended, onFailure);
  const hasEnded = ({ loginSeed }: Login) =>
    ended.some((login) => equalBytes(login.loginSeed, loginSeed));
  return await dropLogins(state.folder, hasEnded, evenDamaged); // not one that was saved meanwhile
}

/** Ends the devices of logins. Tells of each that the server did not end. */
export async function endDevices(
  state: State,
  logins: readonly Login[],
  onFailure: OnFailure,
): Promise<void> {
  await Promise.all(logins.map(async (login) => {
    try {
      const options = { state, server: parseServer(login.server) };
      await withClient(options, async (client) => {
        await enterByDevice(client, login);
        client.comeBackBy(() => connectAs(options, login));
        await client.change("endDevice", {}).catch(doneIfDenied);
      });
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      if (error.code !== "denied") onFailure(login, error); // it had ended before
    }
  }));
}

/** A device that was let in a moment ago, and is not any more, has ended: so it is with the answer that was lost. */
function doneIfDenied(error: unknown): void {
  const { cause } = error as MailError;
  if (!(error instanceof LostAnswer && isFailure(cause, "denied"))) throw error;
}
