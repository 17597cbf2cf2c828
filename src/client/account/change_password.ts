/** A new password for an account: its keys, sealed anew, and everything else about it as it was. */
import { sealSecretKeys } from "../../crypto/account/identity.ts";
import { loginKeyOf } from "../../crypto/account/login_proof.ts";
import {
  derivePasswordKeys,
  newPasswordParameters,
  type PasswordKeys,
} from "../../crypto/account/password.ts";
import type { PasswordParameters } from "../../model/account.ts";
import { type Address, parseAddress } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { LoginKey } from "../../model/digests.ts";
import { isFailure } from "../../model/errors.ts";
import type { OwnAccount } from "../account.ts";
import { withClient } from "../connection/connect.ts";
import { unknownIfLost } from "../connection/outcome_unknown.ts";
import {
  connectUnchanged,
  keysOf,
  knownAndPassword,
  logIn,
  type LoginOptions,
  requireConsistent,
} from "./log_in.ts";
import { carryDevices } from "./devices.ts";
import { ownDevice } from "./saved_logins.ts";

/** A password that is to be. */
export interface NextPassword {
  readonly parameters: PasswordParameters;
  readonly keys: PasswordKeys;
}

export interface ChangePasswordOptions extends LoginOptions {
  /** Called once, after `password`. */
  readonly newPassword: () => Promise<string>;
  /** Where true, every login ends that was saved on another machine. */
  readonly revokesDevices?: boolean | undefined;
}

export interface ChangedPassword {
  readonly address: Address;
  /** Labels of devices that have to log in again, though nobody asked for it. */
  readonly lost: readonly string[];
}

/**
 * Replaces the password of an account. Logins that were saved go on, also that of this machine.
 * @throws {MailError} `denied` for a wrong old one; `unavailable` where another machine changed the account meanwhile;
 * `unavailable`, telling what is known of the outcome
 */
export async function changePassword(options: ChangePasswordOptions): Promise<ChangedPassword> {
  const address = parseAddress(options.name);
  const { known, password } = await knownAndPassword(options);
  const next = await makePassword(await options.newPassword());
  const own = await ownDevice(known, address);
  const goesOn = ({ key }: { key: LoginKey }) =>
    !options.revokesDevices || (own !== null && equalBytes(key, own));
  return await withClient(known, async (client) => {
    const login = await keysOf(client, address, password);
    const account = await logIn(client, login);
    await requireConsistent(account);
    const after = { ...account, ...next.keys };
    const { devices, lost } = await carryDevices(client, { ...account, ...login }, after, goesOn);
    const sealed = await sealUnder(next, account);
    const both = [account.sealedKeys, sealed.sealedKeys];
    client.comeBackBy(() =>
      connectUnchanged(known, login, both).catch((error) => {
        if (!isFailure(error, "denied")) throw error;
        return connectUnchanged(known, { ...login, ...next.keys }, both); // it was changed
      })
    );
    await client.change("changePassword", { ...sealed, devices })
      .catch(passwordUnknown);
    return { address: account.address, lost };
  });
}

/** Tells that nobody can say which password holds. */
export const passwordUnknown = unknownIfLost(
  "the password was changed",
  "Run `mailctl login` with the new password. If it is refused, nothing was changed.",
);

/** Makes parameters and keys of a new password. Takes 150 ms and more. */
export async function makePassword(password: string): Promise<NextPassword> {
  const parameters = newPasswordParameters();
  return { parameters, keys: await derivePasswordKeys(password, parameters) };
}

/** Seals an account's secret keys under a password that is to be. */
export async function sealUnder(
  { parameters, keys }: NextPassword,
  { address, fingerprint, secretKeys }: Pick<OwnAccount, "address" | "fingerprint" | "secretKeys">,
) {
  const owner = { address, parameters, fingerprint };
  return {
    parameters,
    loginKey: await loginKeyOf(keys.loginSeed),
    sealedKeys: await sealSecretKeys(keys.wrappingKey, owner, secretKeys),
  };
}
