/** Devices of an account: the machines that a login was saved on, each with keys of its own. */
import {
  type DeviceKeys,
  makeDeviceKeys,
  sealForDevice,
  unwrapDeviceKey,
  wrapDeviceKey,
} from "../../crypto/account/device.ts";
import { loginKeyOf } from "../../crypto/account/login_proof.ts";
import type { SecretKeys } from "../../model/account.ts";
import { type Address, parseAddress } from "../../model/address.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { AccountFingerprint, LoginKey, WrappingKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import type { DeviceScope } from "../../model/device.ts";
import { requireLabel } from "../../model/label.ts";
import { limits } from "../../model/limits.ts";
import type { ReplyOf, RequestOf } from "../../wire/operations.ts";
import type { OwnAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import { unknownIfLost } from "../connection/outcome_unknown.ts";
import {
  connectAs,
  type DeviceName,
  type DevicePower,
  logIn,
  type LoginOptions,
  type PasswordLogin,
  withPassword,
} from "./log_in.ts";
import { ownDevice } from "./saved_logins.ts";

export type DeviceSummary = ReplyOf<"devices">["devices"][number];

/** A device with its keys, and what makes it one at the server. */
export interface PreparedDevice {
  readonly device: DeviceKeys & { readonly label: string; readonly scope: DeviceScope };
  /** The key of the earlier one whose place it takes; null: the server knows none. */
  readonly follows: LoginKey | null;
  /** @throws {MailError} `name_taken` for the label that its owner chose; `too_large` */
  readonly add: () => Promise<void>;
}

export interface WantedDevice {
  readonly name: DeviceName;
  readonly power: DevicePower;
  /** Keys of earlier ones of this machine, of which the server knows one at most. */
  readonly earlier: readonly LoginKey[];
}

/** Makes a device in a session of the owner's, to be added in the place of an earlier one of this machine. */
export async function makeDevice(
  client: Client,
  { wrappingKey }: PasswordLogin,
  account: OwnAccount,
  { name, power, earlier }: WantedDevice,
): Promise<PreparedDevice> {
  const { devices } = await client.repeat("devices", {});
  const before = devices.find(({ key }) => earlier.some((own) => equalBytes(own, key)));
  const others = devices.filter((device) => device !== before);
  const label = "label" in name ? name.label : freeLabel(others, name.like);
  requireLabel(label, "a device");
  const { scope, ...bounds } = power;
  const keys = makeDeviceKeys();
  const key = await loginKeyOf(keys.loginSeed);
  const secrets = await sealFor({ ...keys, scope, key }, { ...account, wrappingKey });
  const follows = before?.key ?? null;
  const request = { label, scope, ...bounds, ...secrets, replaces: follows };
  const add = async () => void await client.change("addDevice", request);
  return { device: { label, scope, ...keys }, follows, add };
}

/** Ends a device of an account, by its password. @throws {MailError} `denied`; `no_such_message` for an unknown label */
export async function revokeDevice(options: LoginOptions, label: string): Promise<void> {
  await withPassword(options, async (client, login, known) => {
    await logIn(client, login);
    client.comeBackBy(() => connectAs(known, login));
    const hint = "Run `mailctl login list`. If it is not there, it was revoked.";
    const { revoked } = await client.change("revokeDevice", { label })
      .catch(unknownIfLost("the login was revoked", hint));
    if (!revoked) throw noSuchDevice(label);
  });
}

/** A device in a list, and whether it is this machine's. */
export interface ListedDevice extends DeviceSummary {
  readonly isOwn: boolean;
}

/** Finds this machine's among the devices of an account. */
export async function markOwn(
  options: Pick<LoginOptions, "state" | "server" | "name">,
  devices: readonly DeviceSummary[],
): Promise<ListedDevice[]> {
  const own = await ownDevice(options, parseAddress(options.name));
  const isOwn = ({ key }: DeviceSummary) => own !== null && equalBytes(key, own);
  return devices.map((device) => ({ ...device, isOwn: isOwn(device) }));
}

/** What the devices of an account are sealed with. */
export interface DeviceSeal {
  readonly address: Address;
  readonly fingerprint: AccountFingerprint;
  readonly wrappingKey: WrappingKey;
}

export type WrappedDevice = ReplyOf<"deviceKeys">["devices"][number];

/** What devices get when the password or the keys change, and which of them cannot go on. */
export interface CarriedDevices {
  readonly devices: RequestOf<"changePassword">["devices"];
  /** Labels of those whose keys at the server are not what the owner put there. */
  readonly lost: readonly string[];
}

/** Seals keys anew for the devices that are to go on. */
export async function carryDevices(
  client: Client,
  before: DeviceSeal,
  after: DeviceSeal & { readonly secretKeys: SecretKeys },
  goesOn: (device: WrappedDevice) => boolean = () => true,
): Promise<CarriedDevices> {
  const all = (await client.call("deviceKeys", {})).devices.filter(goesOn);
  const carried = await Promise.all(all.map(async ({ key, scope, wrappedKey }) => {
    const wrapped = { ...before, scope, key };
    const deviceKey = await unwrapDeviceKey(before.wrappingKey, wrapped, wrappedKey)
      .catch(() => null); // another's row, or one from before the keys changed: it gets nothing
    return deviceKey && await sealFor({ key, scope, deviceKey }, after);
  }));
  return {
    devices: carried.filter((one) => one !== null),
    lost: all.flatMap(({ label }, at) => carried[at] === null ? [label] : []),
  };
}

interface SealedDevice extends Pick<DeviceKeys, "deviceKey"> {
  readonly scope: DeviceScope;
  readonly key: LoginKey;
}

async function sealFor(
  { key, scope, deviceKey }: SealedDevice,
  { address, fingerprint, wrappingKey, secretKeys }: DeviceSeal & {
    readonly secretKeys: SecretKeys;
  },
) {
  const owner = { address, scope, fingerprint };
  return {
    key,
    sealedKeys: await sealForDevice(deviceKey, owner, secretKeys),
    wrappedKey: await wrapDeviceKey(wrappingKey, { ...owner, key }, deviceKey),
  };
}

/** The wanted label, or the first with a number behind it that no other device has. */
function freeLabel(others: readonly DeviceSummary[], like: string): string {
  const taken = new Set(others.map(({ label }) => label));
  for (let n = 2, label = like;; label = `${like} ${n++}`) {
    if (!taken.has(label) || n > limits.maxDevices + 2) return label;
  }
}

export function noSuchDevice(label: string): MailError {
  const message = `Cannot revoke ${JSON.stringify(label)}: there is no such login`;
  return new MailError("no_such_message", message, {
    hint: "Run `mailctl login list` for the list.",
  });
}
