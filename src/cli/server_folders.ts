/** Where a server on this machine keeps what it has. */
import { dataFolder, join } from "./folders.ts";
import type { Settings } from "./settings.ts";

/** The folder of the database. @throws {MailError} `configuration` */
export function storeFolder(settings: Settings): string {
  return settings.find("data")?.value ?? join(dataFolder(settings.environment), "data");
}

/** The folder of key and certificate. @throws {MailError} `configuration` */
export function keysFolder(settings: Settings): string {
  return settings.find("keys")?.value ?? join(dataFolder(settings.environment), "keys");
}
