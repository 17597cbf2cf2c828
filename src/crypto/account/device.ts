/**
 * The keys of a device: its own to log in by, and a random one that its share of the account's keys is sealed under.
 * The owner keeps that one at the server too, sealed under the password, so that new keys can follow to every device.
 * WIRE.md 7.7.
 */
import type { SecretKeys } from "../../model/account.ts";
import type { Address } from "../../model/address.ts";
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import {
  type AccountFingerprint,
  asDeviceKey,
  asLoginSeed,
  type DeviceKey,
  type LoginKey,
  type LoginSeed,
  type WrappingKey,
} from "../../model/digests.ts";
import { encode, struct, text, u16 } from "../../wire/fields.ts";
import { address, fingerprint, loginKey } from "../../wire/layouts.ts";
import { importAeadKey, openAead, sealAead } from "../aead.ts";
import { generateSigningSeed } from "../signature.ts";
import { decodeOwnKeys, encodeSecretKeys } from "./identity.ts";

/** What a device has of its own: 32 bytes each. */
export interface DeviceKeys {
  readonly loginSeed: LoginSeed;
  readonly deviceKey: DeviceKey;
}

/** What is sealed for a device belongs to. */
export interface DeviceOwner {
  /** `name@domain` */
  readonly address: Address;
  /** Of the account's public keys: what was sealed before others took their place is not taken for theirs. */
  readonly fingerprint: AccountFingerprint;
}

export function makeDeviceKeys(): DeviceKeys {
  return {
    loginSeed: asLoginSeed(generateSigningSeed()),
    deviceKey: asDeviceKey(randomBytes(32)),
  };
}

/** Seals the secret keys for a device. */
export async function sealForDevice(
  deviceKey: DeviceKey,
  owner: DeviceOwner,
  keys: SecretKeys,
): Promise<Bytes> {
  return sealAead(await importAeadKey(deviceKey), sealContext(owner), encodeSecretKeys(keys));
}

/** Opens what `sealForDevice` made. @throws {MailError} `bad_signature` */
export async function openOnDevice(
  deviceKey: DeviceKey,
  owner: DeviceOwner,
  signingKey: Uint8Array,
  sealed: Uint8Array,
): Promise<SecretKeys> {
  const opened = await openAead(await importAeadKey(deviceKey), sealContext(owner), sealed);
  return await decodeOwnKeys(opened, signingKey);
}

/** A device, as the owner knows it. */
export interface OwnedDevice extends DeviceOwner {
  /** Which it logs in by. */
  readonly key: LoginKey;
}

/** Seals a device's key under the password's. */
export async function wrapDeviceKey(
  wrappingKey: WrappingKey,
  device: OwnedDevice,
  deviceKey: DeviceKey,
): Promise<Bytes> {
  return sealAead(await importAeadKey(wrappingKey), wrapContext(device), deviceKey);
}

/** Opens what `wrapDeviceKey` made. @throws {MailError} `bad_signature` */
export async function unwrapDeviceKey(
  wrappingKey: WrappingKey,
  device: OwnedDevice,
  wrapped: Uint8Array,
): Promise<DeviceKey> {
  return asDeviceKey(
    await openAead(await importAeadKey(wrappingKey), wrapContext(device), wrapped),
  );
}

const owned = { label: text(64), version: u16, address, fingerprint };
const sealLayout = struct(owned);
const wrapLayout = struct({ ...owned, key: loginKey });

function sealContext({ address, fingerprint }: DeviceOwner): Bytes {
  return encode(sealLayout, { label: "mailctl device keys", version: 1, address, fingerprint });
}

function wrapContext({ address, fingerprint, key }: OwnedDevice): Bytes {
  const label = "mailctl device key";
  return encode(wrapLayout, { label, version: 1, address, fingerprint, key });
}
