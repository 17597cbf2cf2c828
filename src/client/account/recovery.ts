/** A second way into an account: a code made while the password is known, and a new password made of it later. */
import { accountFingerprint } from "../../crypto/fingerprint.ts";
import {
  deriveRecoveryKeys,
  makeRecoveryCode,
  openForRecovery,
  type RecoveryKeys,
  sealForRecovery,
} from "../../crypto/account/recovery.ts";
import {
  type Presence,
  proveLogin,
  proveRecovery,
  recoveryKeyOf,
} from "../../crypto/account/login_proof.ts";
import { type Address, parseAddress, type ParsedAddress } from "../../model/address.ts";
import type { Transcript } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { openAccount, type OwnAccount } from "../account.ts";
import { makePassword, type NextPassword, passwordUnknown, sealUnder } from "./change_password.ts";
import type { Client } from "../connection/client.ts";
import { askAboutServer, connect, type ConnectOptions, withClient } from "../connection/connect.ts";
import { LostAnswer } from "../connection/outcome_unknown.ts";
import {
  addressOn,
  connectUnchanged,
  logIn,
  type LoginOptions,
  requireConsistent,
  withPassword,
} from "./log_in.ts";
import { saveRecovered } from "./save_login.ts";

/** A code, and the account that it opens. */
export interface MadeRecovery {
  /** `name@domain` */
  readonly address: Address;
  /** Null where there is to be none. */
  readonly code: string | null;
}

/**
 * Makes a recovery code in the place of an earlier one, or ends it.
 * @throws {MailError} `denied` for a wrong password; `unavailable` where another machine changed the account meanwhile
 */
export async function makeRecovery(options: LoginOptions, revoke: boolean): Promise<MadeRecovery> {
  return await withPassword(options, async (client, login, known) => {
    const account = await logIn(client, login);
    await requireConsistent(account);
    client.comeBackBy(() => connectUnchanged(known, login, [account.sealedKeys]));
    const code = revoke ? null : await makeRecoveryCode();
    const recovery = code === null ? null : await sealFor(await deriveRecoveryKeys(code), account);
    await client.change("saveRecovery", { recovery }).catch(cannotTell);
    return { address: account.address, code };
  });
}

export interface RecoverOptions extends ConnectOptions {
  readonly name: string;
  /** Called once; what it gives may be written as a person writes it. */
  readonly code: () => Promise<string>;
  /** Called once, after `code`. */
  readonly newPassword: () => Promise<string>;
}

/**
 * Sets a new password by a recovery code, which is used up by it. Every saved login ends; this machine gets a new one.
 * @throws {MailError} `malformed` for what is no code; `denied` for a wrong name or code; `bad_signature`;
 * `unavailable`, telling what is known of the outcome
 */
export async function recover(
  options: RecoverOptions,
): Promise<Pick<OwnAccount, "name" | "address" | "domain" | "fingerprint">> {
  const address = parseAddress(options.name);
  const known = { ...options, ...await askAboutServer(options) };
  const keys = await deriveRecoveryKeys(await options.code());
  const next = await makePassword(await options.newPassword());
  const recovered = await change(known, address, keys, next);
  await saveRecovered(known, address, next.keys);
  return recovered;
}

async function sealFor({ recoverySeed, wrappingKey }: RecoveryKeys, account: OwnAccount) {
  const { address, fingerprint, secretKeys } = account;
  const sealedKeys = await sealForRecovery(wrappingKey, { address, fingerprint }, secretKeys);
  return { key: await recoveryKeyOf(recoverySeed), sealedKeys };
}

async function change(
  options: ConnectOptions,
  address: ParsedAddress,
  keys: RecoveryKeys,
  next: NextPassword,
): Promise<OwnAccount> {
  return await withClient(options, async (client) => {
    const local = await addressOn(client, address);
    const sealed = await sealUnder(next, await openByCode(client, local, keys));
    client.comeBackBy(() => Promise.resolve(connect(options))); // the request logs in
    const state = await client.change("recover", async (transcript) => ({
      ...await claim(local, keys, transcript),
      ...sealed,
      loginSignature: await signatureOf(next, { transcript, address: local }),
    })).catch(passwordUnknown);
    return await openAccount(state, next.keys);
  });
}

async function openByCode(client: Client, address: Address, keys: RecoveryKeys) {
  const kept = await client.call("recovery", (transcript) => claim(address, keys, transcript));
  const owner = { address, fingerprint: await accountFingerprint(kept.keys) };
  const { signingKey } = kept.keys;
  const secretKeys = await openForRecovery(keys.wrappingKey, owner, signingKey, kept.sealedKeys);
  await requireConsistent({ secretKeys, publicKeys: kept.keys });
  return { ...owner, secretKeys };
}

async function claim(address: Address, { recoverySeed }: RecoveryKeys, transcript: Transcript) {
  const { name } = parseAddress(address);
  return { name, ...await proveRecovery(recoverySeed, { transcript, address }) };
}

async function signatureOf({ keys }: NextPassword, presence: Presence): Promise<Uint8Array> {
  return (await proveLogin(keys.loginSeed, presence)).signature;
}

function cannotTell(error: unknown): never {
  if (!(error instanceof LostAnswer)) throw error;
  throw new MailError(
    "unavailable",
    "Cannot tell which recovery code is valid: the connection was lost",
    {
      cause: error,
      hint: "Run it again. Only the last run counts.",
    },
  );
}
