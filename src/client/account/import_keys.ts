/** Keys from elsewhere, kept beside an account's own: what is sealed to them opens, and they sign nothing. */
import { sealSecretKeys } from "../../crypto/account/identity.ts";
import type { EarlierKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { limits } from "../../model/limits.ts";
import { openAccount } from "../account.ts";
import { unknownIfLost } from "../connection/outcome_unknown.ts";
import { carryDevices } from "./devices.ts";
import { tooManyKeys } from "./key_file.ts";
import {
  connectUnchanged,
  type LoginOptions,
  requestLogin,
  requireConsistent,
  withPassword,
} from "./log_in.ts";

export interface Imported {
  /** `name@domain` */
  readonly address: Address;
  /** How many were not there before. */
  readonly imported: number;
  /** True where a recovery code ended, which would not have restored them. */
  readonly recoveryEnded: boolean;
}

/**
 * Adds keys to those that an account opens mail with.
 * @throws {MailError} `denied` for a wrong password; `too_large` where they are too many; `unavailable` where another
 * machine changed the account meanwhile
 */
export async function importKeys(
  options: LoginOptions,
  keys: readonly EarlierKeys[],
): Promise<Imported> {
  return await withPassword(options, async (client, login, known) => {
    const { wrappingKey } = login;
    const state = await requestLogin(client, login);
    const account = await openAccount(state, login);
    await requireConsistent(account);
    const { address, fingerprint, secretKeys } = account;
    const fresh = withoutKnown(keys, [secretKeys, ...secretKeys.earlier ?? []]);
    if (fresh.length === 0) return { address, imported: 0, recoveryEnded: false };
    const earlier = [...secretKeys.earlier ?? [], ...fresh];
    if (earlier.length > limits.maxEarlierKeys) throw tooManyKeys();
    const owner = { address, parameters: state.parameters, fingerprint };
    const next = { ...secretKeys, earlier };
    const sealedKeys = await sealSecretKeys(wrappingKey, owner, next);
    const seal = { ...account, wrappingKey };
    const { devices } = await carryDevices(client, seal, { ...seal, secretKeys: next });
    client.comeBackBy(() => connectUnchanged(known, login, [account.sealedKeys, sealedKeys]));
    const hint = "Run it again. No key is imported twice.";
    const { recoveryEnded } = await client.change("replaceSealedKeys", { sealedKeys, devices })
      .catch(unknownIfLost("the keys were imported", hint));
    return { address, imported: fresh.length, recoveryEnded };
  });
}

function withoutKnown(
  keys: readonly EarlierKeys[],
  known: readonly Pick<EarlierKeys, "identity">[],
): EarlierKeys[] {
  const seen = new Set(known.map(({ identity }) => identity));
  return keys.filter(({ identity }) => {
    const isNew = !seen.has(identity);
    seen.add(identity);
    return isNew;
  });
}
