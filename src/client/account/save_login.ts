/** Saving a login on this machine: it becomes a device of the account, with keys of its own. */
import type { PasswordKeys } from "../../crypto/account/password.ts";
import type { AccountName, ParsedAddress } from "../../model/address.ts";
import type { LoginKey } from "../../model/digests.ts";
import { type Hint, MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";
import type { OwnAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import { type ConnectOptions, withClient } from "../connection/connect.ts";
import { OutcomeUnknown, unknownIfLost } from "../connection/outcome_unknown.ts";
import { formatServer } from "../connection/server_address.ts";
import { makeDevice } from "./devices.ts";
import { hostLabel } from "./host_label.ts";
import {
  addressOn,
  connectUnchanged,
  logIn,
  type LoginOptions,
  type PasswordLogin,
} from "./log_in.ts";
import type { Login } from "./logins_file.ts";
import { ownDevice, saveKeys } from "./saved_logins.ts";

/** Makes this machine a device, in a session of the owner's, and saves its keys. Returns the login that is saved then. */
export async function saveDevice(
  client: Client,
  options: Pick<LoginOptions, "state" | "server" | "device" | "power"> & {
    /** Where false, the login that is the default stays it. */
    readonly isDefault?: boolean;
  },
  login: PasswordLogin,
  account: OwnAccount,
): Promise<Login> {
  const { state: { folder }, server, isDefault } = options;
  const { device: name = { like: hostLabel(Deno.hostname()) } } = options;
  const { power = { scope: "mail", expires: null, senders: null } } = options;
  const { address } = login;
  const which = { server: formatServer(server), name: account.name };
  let added: string | null = null;
  const make = async (earlier: readonly LoginKey[]) => {
    const { device, follows, add } = await makeDevice(client, login, account, {
      name,
      power,
      earlier,
    });
    const enable = async () => {
      await add().catch(unknownIfLost("the login was saved", logInAgain(account.name)));
      added = device.label;
    };
    return { login: { ...which, address, ...device }, follows, enable };
  };
  try {
    return await saveKeys(folder, which, make, isDefault);
  } catch (error) {
    if (added !== null) await bestEffort(client.change("revokeDevice", { label: added })); // nobody has its keys
    throw error;
  }
}

/**
 * Saves a login here after the account was recovered, which ended all there were. The default stays what it is, unless
 * one of this account was saved here.
 * @throws {MailError} saying that only this went wrong, where one was; else `options` hear of it
 */
export async function saveRecovered(
  options: ConnectOptions,
  address: ParsedAddress,
  keys: PasswordKeys,
): Promise<void> {
  const wasSaved = await ownDevice(options, address) !== null;
  try {
    await withClient(options, async (client) => {
      const login = { address: await addressOn(client, address), ...keys };
      const account = await logIn(client, login);
      client.comeBackBy(() => connectUnchanged(options, login, [account.sealedKeys]));
      await saveDevice(client, { ...options, isDefault: wasSaved }, login, account);
    });
  } catch (cause) {
    const failure = notSaved("the password is changed", address.name, cause);
    if (wasSaved || options.onUnsaved === undefined) throw failure;
    options.onUnsaved(failure);
  }
}

/** The failure to save a login after something that was done. @throws what is no `MailError` */
export function notSaved(done: string, name: AccountName, cause: unknown): MailError {
  if (!(cause instanceof MailError)) throw cause;
  const hint = logInAgain(name);
  if (cause instanceof OutcomeUnknown) {
    return new OutcomeUnknown(`${cause.what}, but ${done}`, hint, cause);
  }
  const message = `Cannot save the login, but ${done}: ${cause.message}`;
  return new MailError(cause.code, message, { cause, hint });
}

function logInAgain(name: AccountName): Hint {
  return `Run \`mailctl login ${name}\`.`;
}
