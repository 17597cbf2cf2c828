/** Secrets that systemd hands to a unit as files: `LoadCredential=` of systemd.exec(5). */
import { type Environment, join } from "./folders.ts";
import { host } from "../host.ts";

/** Names the folder of the unit's credentials. */
export const credentialsVariable = "CREDENTIALS_DIRECTORY";

/** Finds a credential of this unit; null where it has none of that name. */
export function credentialPath(environment: Environment, name: string): string | null {
  const folder = environment.get(credentialsVariable);
  if (!folder) return null;
  const path = join(folder, name);
  try {
    Deno.lstatSync(path);
    return path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    return path; // there, or may be: opening it tells what is wrong
  }
}

/** Tells whether a path is that of a credential of this unit. */
export function isCredential(path: string): boolean {
  const folder = host.env.get(credentialsVariable);
  return Boolean(folder) && path.slice(0, path.lastIndexOf("/")) === folder?.replace(/\/+$/, "");
}
