/** Where a server on this machine keeps what it has, as `serve` and the commands of its administrator find it. */
import { MailError } from "../../model/errors.ts";
import { dataFolder, join } from "./folders.ts";
import type { Settings } from "./settings.ts";

/** Finds the store's URL or path. @throws {MailError} `configuration` */
export function dataUrl(settings: Settings): string {
  return settings.find("data")?.value ?? join(dataFolder(settings.environment), "data");
}

/** Returns the folder behind a store's URL; null where there is none, as for a store in memory. */
function folderOfData(url: string): string | null {
  if (url.startsWith("file:")) return decodeURIComponent(URL.parse(url)?.pathname ?? "");
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? null : url;
}

/** True where the store is a PostgreSQL database. */
export function isDatabaseUrl(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/**
 * Finds the folder of what belongs to one server process: its socket for administrators. Null for a store in memory,
 * unless it was set.
 */
export function runFolder(settings: Settings): string | null {
  const given = settings.find("run")?.value;
  if (given !== undefined) return given;
  const url = dataUrl(settings);
  if (isDatabaseUrl(url)) return join(dataFolder(settings.environment), "run");
  return folderOfData(url);
}

/** Finds the folder of the database. @throws {MailError} `configuration` where there is none */
export function storeFolder(settings: Settings): string {
  return requireFolder(dataUrl(settings));
}

/** Returns the folder behind a store's URL. @throws {MailError} `configuration` where there is none */
export function requireFolder(url: string): string {
  const folder = folderOfData(url);
  if (folder !== null) return folder;
  throw new MailError("configuration", `Cannot use ${url}: it is not a folder`);
}

/** Writes a store's URL so that it is the same from any folder. */
export function absoluteUrl(url: string): string {
  const folder = folderOfData(url);
  return folder === url && !url.startsWith("/") ? join(Deno.cwd(), url) : url;
}

/** Finds the folder of key and certificate. @throws {MailError} `configuration` */
export function keysFolder(settings: Settings): string {
  return settings.find("keys")?.value ?? join(dataFolder(settings.environment), "keys");
}
