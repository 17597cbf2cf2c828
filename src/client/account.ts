/** An account once it is logged in: its secret keys, opened, and what is derived from them. */
import { accountFingerprint } from "../crypto/fingerprint.ts";
import { openOnDevice } from "../crypto/account/device.ts";
import { openSecretKeys } from "../crypto/account/identity.ts";
import { MailboxKey } from "../crypto/account/mailbox_key.ts";
import type { PublicKeys, SecretKeys } from "../model/account.ts";
import { type AccountName, type Address, addressAt } from "../model/address.ts";
import type { AccountFingerprint, DeviceKey, WrappingKey } from "../model/digests.ts";
import type { AccountState } from "../wire/layouts.ts";

export interface OpenAccount {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  readonly domain: string;
  readonly publicKeys: PublicKeys;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
  readonly secretKeys: SecretKeys;
  readonly mailboxKey: MailboxKey;
  /** Bytes of a message's body and attachments, as they are before any encoding. */
  readonly maxMessageBytes: number;
}

/** What an account shows of itself. */
export interface AccountCard {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  readonly domain: string;
  /** SHA-256 of the account's public keys. */
  readonly fingerprint: AccountFingerprint;
  /** Bytes of body and attachments that one message may have. */
  readonly maxMessageBytes: number;
}

/** What opens the keys of an account: a password's key, or a device's. */
export type AccountOpener = { readonly wrappingKey: WrappingKey } | {
  readonly deviceKey: DeviceKey;
};

/** Opens an account as the server keeps it. @throws {MailError} `bad_signature` where anything was altered. */
export async function openAccount(
  state: AccountState,
  opener: AccountOpener,
): Promise<OpenAccount> {
  const { name, domain, keys, parameters, maxMessageBytes, sealedKeys } = state;
  const address = addressAt(name, domain);
  const owner = { address, fingerprint: await accountFingerprint(keys) };
  const { fingerprint } = owner;
  const secretKeys = "deviceKey" in opener
    ? await openOnDevice(opener.deviceKey, owner, keys.signingKey, sealedKeys)
    : await openSecretKeys(
      opener.wrappingKey,
      { ...owner, parameters },
      keys.signingKey,
      sealedKeys,
    );
  const mailboxKey = await MailboxKey.derive(secretKeys.mailboxKey, address);
  const publicKeys = { signingKey: keys.signingKey, recipient: keys.recipient };
  return {
    name,
    address,
    domain,
    publicKeys,
    fingerprint,
    secretKeys,
    mailboxKey,
    maxMessageBytes,
  };
}

/** Every age identity that mail of this account may be sealed to, the current one first. */
export function identitiesOf({ secretKeys }: Pick<OpenAccount, "secretKeys">): string[] {
  return [secretKeys.identity, ...(secretKeys.earlier ?? []).map(({ identity }) => identity)];
}

/** Leaves out what is secret. */
export function cardOf(account: OpenAccount): AccountCard {
  const { name, address, domain, fingerprint, maxMessageBytes } = account;
  return { name, address, domain, fingerprint, maxMessageBytes };
}
