/** The file of the saved logins: a list, in which those that were cut off before they were saved have a mark. */
import { type AccountName, addressAt, parseAddress } from "../../model/address.ts";
import type { Bytes } from "../../model/bytes.ts";
import { type DeviceScope, deviceScopes } from "../../model/device.ts";
import { asDeviceKey, asLoginSeed } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { bytesOf } from "../../model/keyring.ts";
import { limits } from "../../model/limits.ts";
import { formatServer, parseServer } from "../connection/server_address.ts";
import type { ListMark } from "../list_mark.ts";
import type { DeviceLogin } from "./log_in.ts";

export interface Login extends DeviceLogin {
  /** `host:port` */
  readonly server: string;
  readonly name: AccountName;
  /** What the device is called. */
  readonly label: string;
  /** The newest keyring that was seen: where the server has an older one, this is put back. */
  readonly keyring: ListMark;
  /** The newest list of folders, likewise. */
  readonly folders: ListMark;
}

/** What the file has. */
export interface KeptLogins {
  /** The last one is the default. */
  readonly saved: Login[];
  /** Logins that were cut off before they were saved: a server may know one of each account. */
  readonly unsaved: Login[];
}

/** Reads the text of the file; null: there is none. @throws {MailError} `configuration` for a damaged file */
export function parseLogins(text: string | null, path: string): KeptLogins {
  if (text === null) return { saved: [], unsaved: [] };
  try {
    const all = JSON.parse(text) as Record<string, unknown>[];
    const isUnsaved = ({ unsaved }: Record<string, unknown>) => unsaved === true;
    return {
      saved: all.filter((one) => !isUnsaved(one)).map(parseLogin),
      unsaved: all.filter(isUnsaved).map(parseLogin),
    };
  } catch (cause) {
    const reason = cause instanceof OldForm ? "it is of protocol version 1" : "it is damaged";
    throw new MailError("configuration", `Cannot read ${path}: ${reason}`, {
      cause,
      hint: "Run `mailctl login NAME --server SERVER` to write it again.",
    });
  }
}

/** What protocol 1 logged in by. */
class OldForm extends Error {}

/** As `parseLogins`; a damaged file has none. */
export function undamagedLogins(text: string | null, path: string): KeptLogins {
  try {
    return parseLogins(text, path);
  } catch {
    return { saved: [], unsaved: [] };
  }
}

function parseLogin(value: Record<string, unknown>): Login {
  if ("authenticationKey" in value) throw new OldForm();
  const { server, address, label, scope, loginSeed, deviceKey, keyring, folders } = value;
  const { name, domain } = parseAddress(parseText(address));
  return {
    server: formatServer(parseServer(parseText(server))),
    name,
    address: addressAt(name, parseText(domain)),
    label: parseText(label),
    scope: parseScope(scope),
    loginSeed: asLoginSeed(parseKey(loginSeed)),
    deviceKey: asDeviceKey(parseKey(deviceKey)),
    keyring: parseMark(keyring, limits.maxKeyringParts, limits.maxKeyringBytes),
    folders: parseMark(folders, 1, limits.maxFolderListBytes),
  };
}

function parseScope(value: unknown): DeviceScope {
  const scope = deviceScopes.find((one) => one === value);
  if (scope === undefined) throw new TypeError("no scope");
  return scope;
}

function parseText(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("no text");
  return value;
}

function parseMark(value: unknown, maxParts: number, maxBytes: number): ListMark {
  const parts = (value as Record<string, unknown>[]).map(({ version, sealed }) => {
    if (!Number.isSafeInteger(version)) throw new TypeError("no version"); // NaN would let any list pass
    return { version: version as number, sealed: Uint8Array.fromBase64(String(sealed)) };
  });
  if (parts.length > maxParts || bytesOf(parts) > maxBytes) throw new TypeError("no list");
  return parts;
}

function parseKey(value: unknown): Bytes {
  const key = Uint8Array.fromBase64(String(value));
  if (key.length !== 32) throw new TypeError("no key");
  return key;
}

/** Those that were cut off stand last. */
export function formatLogins({ saved, unsaved }: KeptLogins): string {
  const all = [
    ...saved.map(plainLogin),
    ...unsaved.map((one) => ({ ...plainLogin(one), unsaved: true })),
  ];
  return `${JSON.stringify(all, null, 1)}\n`;
}

function plainLogin({ name: _, ...login }: Login) {
  return {
    ...login,
    loginSeed: login.loginSeed.toBase64(),
    deviceKey: login.deviceKey.toBase64(),
    keyring: plainMark(login.keyring),
    folders: plainMark(login.folders),
  };
}

function plainMark(mark: ListMark) {
  return mark.map(({ version, sealed }) => ({ version, sealed: sealed.toBase64() }));
}
