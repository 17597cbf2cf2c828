/** An account once it is logged in: its secret keys, opened, and what is derived from them. */
import { accountFingerprint } from "../crypto/fingerprint.ts";
import { openSecretKeys } from "../crypto/account/identity.ts";
import { MailboxKey } from "../crypto/account/mailbox_key.ts";
import type { PublicKeys, SecretKeys } from "../model/account.ts";
import { type AccountName, type Address, addressAt } from "../model/address.ts";
import type { AccountFingerprint, WrappingKey } from "../model/digests.ts";
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
  /** What mail to it is sealed to. */
  readonly recipient: string;
  /** Bytes of body and attachments that one message may have. */
  readonly maxMessageBytes: number;
}

/** Opens an account as the server keeps it. @throws {MailError} `bad_signature` where anything was altered. */
export async function openAccount(
  state: AccountState,
  wrappingKey: WrappingKey,
): Promise<OpenAccount> {
  const { name, domain, keys, parameters, maxMessageBytes } = state;
  const address = addressAt(name, domain);
  const fingerprint = await accountFingerprint(keys);
  const owner = { address, parameters, fingerprint };
  const secretKeys = await openSecretKeys(wrappingKey, owner, keys.signingKey, state.sealedKeys);
  const identities = [secretKeys, ...secretKeys.earlier ?? []].map(({ identity }) => identity);
  const mailboxKey = await MailboxKey.derive(secretKeys.mailboxKey, address, identities);
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

/** Leaves out what is secret. */
export function cardOf(account: OpenAccount): AccountCard {
  const { name, address, domain, fingerprint, publicKeys, maxMessageBytes } = account;
  return { name, address, domain, fingerprint, recipient: publicKeys.recipient, maxMessageBytes };
}
