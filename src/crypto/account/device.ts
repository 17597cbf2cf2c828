/**
 * The keys of a device: its own to log in by, and a random one that its share of the account's keys is sealed under.
 * The owner keeps that one at the server too, sealed under the password, so that new keys can follow to every device.
 * WIRE.md 7.7.
 */
import type { KeyShare, SecretKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import type { DeviceScope } from "../../model/device.ts";
import {
  type AccountFingerprint,
  asDeviceKey,
  asLoginSeed,
  type DeviceKey,
  type LoginKey,
  type LoginSeed,
  type WrappingKey,
} from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import {
  decode,
  encode,
  fixed,
  list,
  optional,
  struct,
  text,
  u16,
  versioned,
} from "../../wire/fields.ts";
import { address, deviceScope, fingerprint, loginKey } from "../../wire/layouts.ts";
import { AeadKey } from "../aead.ts";
import { generateSigningSeed } from "../signature.ts";
import { earlier, requireOwnSeed } from "./identity.ts";
import { deriveMailboxKeys } from "./mailbox_key.ts";

/** What a device has of its own: 32 bytes each. */
export interface DeviceKeys {
  readonly loginSeed: LoginSeed;
  readonly deviceKey: DeviceKey;
}

/** What is sealed for a device belongs to. */
export interface DeviceOwner {
  /** `name@domain` */
  readonly address: Address;
  readonly scope: DeviceScope;
  /** Of the account's public keys: what was sealed before others took their place is not taken for theirs. */
  readonly fingerprint: AccountFingerprint;
}

export function makeDeviceKeys(): DeviceKeys {
  return {
    loginSeed: asLoginSeed(generateSigningSeed()),
    deviceKey: asDeviceKey(randomBytes(32)),
  };
}

/** What of the secret keys a device of this scope has. */
export async function shareOf(scope: DeviceScope, keys: SecretKeys): Promise<KeyShare> {
  const { signingSeed, identity, earlier = [], mailboxKey } = keys;
  const opens = scope !== "send";
  const identities = opens ? [identity, ...earlier.map(({ identity }) => identity)] : [];
  const derived = await deriveMailboxKeys(mailboxKey, identities);
  return {
    signingSeed: scope === "read" ? null : signingSeed,
    identity: opens ? identity : null,
    earlier: opens ? earlier : [],
    mailboxKeys: { ...derived, markKey: scope === "mail" ? derived.markKey : null },
  };
}

/** Seals a device's share of the secret keys. */
export async function sealForDevice(
  deviceKey: DeviceKey,
  owner: DeviceOwner,
  keys: SecretKeys,
): Promise<Bytes> {
  const { mailboxKeys, earlier = [], ...share } = await shareOf(owner.scope, keys);
  const encoded = encode(shareLayout, { ...share, earlier, ...mailboxKeys });
  return new AeadKey(deviceKey).seal(sealContext(owner), encoded);
}

/** Opens what `sealForDevice` made. @throws {MailError} `bad_signature` */
export async function openOnDevice(
  deviceKey: DeviceKey,
  owner: DeviceOwner,
  signingKey: Uint8Array,
  sealed: Uint8Array,
): Promise<KeyShare> {
  const opened = await new AeadKey(deviceKey).open(sealContext(owner), sealed);
  const { signingSeed, identity, earlier, ...mailboxKeys } = decode(shareLayout, opened);
  if (signingSeed !== null) await requireOwnSeed(signingSeed, signingKey);
  return { signingSeed, identity, earlier, mailboxKeys };
}

/** A device, as the owner knows it. */
export interface OwnedDevice extends DeviceOwner {
  /** Which it logs in by. */
  readonly key: LoginKey;
}

/** Seals a device's key under the password's. */
export function wrapDeviceKey(
  wrappingKey: WrappingKey,
  device: OwnedDevice,
  deviceKey: DeviceKey,
): Promise<Bytes> {
  return new AeadKey(wrappingKey).seal(wrapContext(device), deviceKey);
}

/** Opens what `wrapDeviceKey` made. @throws {MailError} `bad_signature` */
export async function unwrapDeviceKey(
  wrappingKey: WrappingKey,
  device: OwnedDevice,
  wrapped: Uint8Array,
): Promise<DeviceKey> {
  return asDeviceKey(
    await new AeadKey(wrappingKey).open(wrapContext(device), wrapped),
  );
}

const shareLayout = versioned(
  1,
  struct({
    signingSeed: optional(fixed(32)),
    identity: optional(text(256)),
    earlier,
    summaryKeys: list(fixed(32), limits.maxEarlierKeys + 1),
    keyringKey: fixed(32),
    filingKey: optional(fixed(32)),
    sendKey: fixed(32),
    markKey: optional(fixed(32)),
  }),
);

const owned = { label: text(64), version: u16, address, scope: deviceScope, fingerprint };
const sealLayout = struct(owned);
const wrapLayout = struct({ ...owned, key: loginKey });

function sealContext({ address, scope, fingerprint }: DeviceOwner): Bytes {
  const label = "mailctl device keys";
  return encode(sealLayout, { label, version: 1, address, scope, fingerprint });
}

function wrapContext({ address, scope, fingerprint, key }: OwnedDevice): Bytes {
  const label = "mailctl device key";
  return encode(wrapLayout, { label, version: 1, address, scope, fingerprint, key });
}
