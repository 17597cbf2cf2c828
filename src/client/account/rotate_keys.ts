/** New keys for an account: signed by the old ones as their successors, which are kept for the mail of before. */
import { shareOf } from "../../crypto/account/device.ts";
import { generateSecretKeys, publishKeys, sealSecretKeys } from "../../crypto/account/identity.ts";
import { signSuccession } from "../../crypto/account/succession.ts";
import { accountFingerprint } from "../../crypto/fingerprint.ts";
import type { EarlierKeys, SecretKeys } from "../../model/account.ts";
import type { AccountName, Address } from "../../model/address.ts";
import type { AccountFingerprint, WrappingKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import type { AccountState } from "../../wire/layouts.ts";
import { openAccount, type OwnAccount } from "../account.ts";
import type { Change, Client } from "../connection/client.ts";
import { clockGap, requireRightClock } from "../connection/clock_gap.ts";
import { unknownIfLost } from "../connection/outcome_unknown.ts";
import { noteOwnKeys } from "../open_mailbox.ts";
import { carryDevices, noSuchDevice } from "./devices.ts";
import {
  connectUnchanged,
  type LoginOptions,
  type PasswordLogin,
  requestLogin,
  requireConsistent,
  withPassword,
} from "./log_in.ts";

/** What became of the keys of an account. */
export interface Rotation {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  readonly domain: string;
  /** Of the keys that hold from now on. */
  readonly fingerprint: AccountFingerprint;
  /** True where a recovery code ended with the old keys. */
  readonly recoveryEnded: boolean;
  /** Labels of devices that have to log in again, though nobody asked for it. */
  readonly lost: readonly string[];
}

export interface RotateOptions extends LoginOptions {
  /** The label of a device that gets none of the new keys, and ends. */
  readonly revokes?: string | undefined;
}

/**
 * Replaces an account's keys. What was sealed to the old ones still opens.
 * @throws {MailError} `denied` for a wrong password; `unavailable` where another machine changed the account meanwhile;
 * `too_large` where no more earlier keys can be kept; `configuration` where this machine's clock is wrong; `unavailable`, telling what is known of the outcome
 */
export async function rotateKeys(options: RotateOptions, now: number): Promise<Rotation> {
  return await withPassword(options, async (client, login, known) => {
    const { wrappingKey } = login;
    const gap = clockGap(client, () => now);
    const state = await requestLogin(client, login);
    const account = await openAccount(state, login);
    await requireConsistent(account);
    requireRightClock(await gap);
    const { revokes } = options;
    const opening = { options: known, login };
    return await rotate(client, { opening, wrappingKey, state, account, now, revokes });
  });
}

interface Preparation {
  /** How the account is opened. */
  readonly opening: { readonly options: LoginOptions; readonly login: PasswordLogin };
  readonly wrappingKey: WrappingKey;
  readonly state: AccountState;
  readonly account: OwnAccount;
  readonly now: number;
  readonly revokes: string | undefined;
}

async function rotate(client: Client, preparation: Preparation): Promise<Rotation> {
  const { account: { name, address, domain }, opening } = preparation;
  const { request, renewed, fingerprint, lost } = await prepare(client, preparation);
  const sealed = [preparation.account.sealedKeys, request.sealedKeys];
  client.comeBackBy(() => connectUnchanged(opening.options, opening.login, sealed));
  const hint = "Run `mailctl whoami`. If the fingerprint is new, the keys were changed.";
  const { recoveryEnded } = await client.change("rotateKeys", request)
    .catch(unknownIfLost("the keys were changed", hint));
  await bestEffort(noteOwnKeys(client, opening, renewed)); // else with the next change of the keyring
  return { name, address, domain, fingerprint, recoveryEnded, lost };
}

async function prepare(
  client: Client,
  { wrappingKey, state, account, now, revokes }: Preparation,
) {
  const { address, secretKeys } = account;
  const next: SecretKeys = {
    ...generateSecretKeys(),
    mailboxKey: secretKeys.mailboxKey, // so that summaries and keyring stay readable
    earlier: earlierWith(secretKeys, { fingerprint: account.fingerprint, until: now }),
  };
  const keys = await publishKeys(next, address);
  const fingerprint = await accountFingerprint(keys);
  const before = { signingSeed: secretKeys.signingSeed, fingerprint: account.fingerprint };
  const after = { signingSeed: next.signingSeed, fingerprint };
  const owner = { address, parameters: state.parameters, fingerprint };
  const sealedKeys = await sealSecretKeys(wrappingKey, owner, next);
  const succession = await signSuccession(address, before, after, now);
  let isRevoked = revokes === undefined;
  const { devices, lost } = await carryDevices(
    client,
    { ...account, wrappingKey },
    { address, fingerprint, wrappingKey, secretKeys: next },
    ({ label }) => {
      isRevoked ||= label === revokes;
      return label !== revokes;
    },
  );
  if (!isRevoked) throw noSuchDevice(revokes!);
  const request: Change<"rotateKeys"> = { keys, succession, sealedKeys, devices };
  const renewed = { ...account, publicKeys: keys, fingerprint, share: await shareOf("mail", next) };
  return { request, renewed, fingerprint, lost };
}

function earlierWith(
  { identity, earlier = [] }: SecretKeys,
  current: Omit<EarlierKeys, "identity">,
): readonly EarlierKeys[] {
  if (earlier.length < limits.maxEarlierKeys) return [{ identity, ...current }, ...earlier];
  throw new MailError(
    "too_large",
    `Cannot replace the keys: the account has ${limits.maxEarlierKeys} earlier keys, the limit`,
  );
}
