/** An account once it is logged in: its secret keys, opened, and what is derived from them. */
import { accountFingerprint } from "../crypto/fingerprint.ts";
import { openOnDevice, shareOf } from "../crypto/account/device.ts";
import { openSecretKeys } from "../crypto/account/identity.ts";
import { MailboxKey } from "../crypto/account/mailbox_key.ts";
import type { KeyShare, PublicKeys, SecretKeys } from "../model/account.ts";
import { type AccountName, type Address, addressAt } from "../model/address.ts";
import type { AccountFingerprint, DeviceKey, WrappingKey } from "../model/digests.ts";
import type { DeviceScope } from "../model/device.ts";
import { notAllowed } from "../session/state.ts";
import type { AccountState } from "../wire/layouts.ts";

export interface OpenAccount {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  readonly domain: string;
  readonly publicKeys: PublicKeys;
  /** Of the public keys. */
  readonly fingerprint: AccountFingerprint;
  /** What this login has of the secret keys. */
  readonly share: KeyShare;
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

/** An account that was opened by its password. */
export interface OwnAccount extends OpenAccount {
  readonly secretKeys: SecretKeys;
  /** The same, as the server keeps them: others with each change of the password or the keys. */
  readonly sealedKeys: Uint8Array;
}

/** What opens the keys of a device. */
export interface DeviceOpener {
  readonly deviceKey: DeviceKey;
  readonly scope: DeviceScope;
}

/** Opens an account as the server keeps it. @throws {MailError} `bad_signature` where anything was altered. */
export async function openAccount(
  state: AccountState,
  { wrappingKey }: { readonly wrappingKey: WrappingKey },
): Promise<OwnAccount> {
  const { owner, shown } = await cardIn(state);
  const { keys, parameters, sealedKeys } = state;
  const opened = { ...owner, parameters };
  const secretKeys = await openSecretKeys(wrappingKey, opened, keys.signingKey, sealedKeys);
  const share = await shareOf("mail", secretKeys);
  const mailboxKey = new MailboxKey(share.mailboxKeys, owner.address);
  return { ...shown, share, mailboxKey, secretKeys, sealedKeys };
}

/** As `openAccount`, with what a device has of the keys. @throws {MailError} `bad_signature` */
export async function openShare(
  state: AccountState,
  { deviceKey, scope }: DeviceOpener,
): Promise<OpenAccount> {
  const { owner, shown } = await cardIn(state);
  const sealed = { ...owner, scope };
  const share = await openOnDevice(deviceKey, sealed, state.keys.signingKey, state.sealedKeys);
  return { ...shown, share, mailboxKey: new MailboxKey(share.mailboxKeys, owner.address) };
}

async function cardIn({ name, domain, keys, maxMessageBytes }: AccountState) {
  const owner = { address: addressAt(name, domain), fingerprint: await accountFingerprint(keys) };
  const publicKeys = { signingKey: keys.signingKey, recipient: keys.recipient };
  return { owner, shown: { ...owner, name, domain, publicKeys, maxMessageBytes } };
}

/** The seed that signs for the account. @throws {MailError} `denied` for a login that may not */
export function signingSeedOf({ share }: Pick<OpenAccount, "share">): Uint8Array {
  if (share.signingSeed === null) throw notAllowed("read");
  return share.signingSeed;
}

/**
 * Every age identity that mail of this account may be sealed to, the current one first.
 * @throws {MailError} `denied` for a login that opens no mail
 */
export function identityTextsOf({ share }: Pick<OpenAccount, "share">): string[] {
  if (share.identity === null) throw notAllowed("send");
  return [share.identity, ...(share.earlier ?? []).map(({ identity }) => identity)];
}

/** Leaves out what is secret. */
export function cardOf(account: OpenAccount): AccountCard {
  const { name, address, domain, fingerprint, publicKeys, maxMessageBytes } = account;
  return { name, address, domain, fingerprint, recipient: publicKeys.recipient, maxMessageBytes };
}
