/** New keys for an account: signed by the old ones as their successors, which are kept for the mail of before. */
import { accountFingerprint } from "../../crypto/fingerprint.ts";
import { generateSecretKeys, publishKeys, sealSecretKeys } from "../../crypto/account/identity.ts";
import { signSuccession } from "../../crypto/account/succession.ts";
import type { EarlierKeys, SecretKeys } from "../../model/account.ts";
import { type AccountName, type Address, parseAddress } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint, WrappingKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { AccountState } from "../../wire/layouts.ts";
import type { RequestOf } from "../../wire/operations.ts";
import { openAccount, type OwnAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import { clockGap, requireRightClock } from "../connection/clock_gap.ts";
import { askAboutServer } from "../connection/connect.ts";
import { lost as lostRequest, LostRequest, outcomeUnknown } from "../connection/outcome_unknown.ts";
import { carryDevices, noSuchDevice } from "./devices.ts";
import { keysOf, type LoginOptions, requestLogin, requireConsistent } from "./log_in.ts";
import { withClient } from "./uncertain_change.ts";

/** What became of the keys of an account. */
export interface Rotation {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  readonly domain: string;
  /** Of the keys that hold from now on. */
  readonly fingerprint: AccountFingerprint;
  /** True where a recovery code ended with the old keys. Null: nobody can tell. */
  readonly recoveryEnded: boolean | null;
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
  const wanted = parseAddress(options.name);
  const known = { ...options, ...await askAboutServer(options) };
  const password = await options.password();
  const fresh = generateSecretKeys();
  const attempt = () =>
    withClient(known, async (client) => {
      const login = await keysOf(client, wanted, password);
      const { wrappingKey } = login;
      const gap = clockGap(client, () => now);
      const state = await requestLogin(client, login);
      const account = await openAccount(state, login);
      await requireConsistent(account);
      requireRightClock(await gap);
      const rotation = { wrappingKey, state, account, fresh, now, revokes: options.revokes };
      return await rotate(client, rotation);
    });
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof LostRequest)) throw error;
    const hint = "Run `mailctl whoami`. If the fingerprint is new, the keys were changed.";
    return await attempt().catch((cause) => { // the server carries out one at most, and tells whether it did
      throw outcomeUnknown("the keys were changed", hint, cause);
    });
  }
}

interface Preparation {
  readonly wrappingKey: WrappingKey;
  readonly state: AccountState;
  readonly account: OwnAccount;
  /** Made once, so that asking again asks for the very same. */
  readonly fresh: SecretKeys;
  readonly now: number;
  readonly revokes: string | undefined;
}

async function rotate(client: Client, preparation: Preparation): Promise<Rotation> {
  const { account, fresh } = preparation;
  const { name, address, domain } = account;
  if (equalBytes(account.secretKeys.signingSeed, fresh.signingSeed)) { // an earlier request got there
    const { fingerprint } = account;
    return { name, address, domain, fingerprint, recoveryEnded: null, lost: [] };
  }
  const { request, fingerprint, lost } = await prepare(client, preparation);
  const { recoveryEnded } = await client.call("rotateKeys", request).catch(lostRequest);
  return { name, address, domain, fingerprint, recoveryEnded, lost };
}

async function prepare(
  client: Client,
  { wrappingKey, state, account, fresh, now, revokes }: Preparation,
) {
  const { address, secretKeys } = account;
  const next: SecretKeys = {
    ...fresh,
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
  const request: RequestOf<"rotateKeys"> = { keys, succession, sealedKeys, devices };
  return { request, fingerprint, lost };
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
