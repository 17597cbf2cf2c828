/** The home folder of the user, where the environment has none: cron and system units start programs without HOME. */
import { host } from "../host.ts";

/** Sets HOME to what the system has for the user. Where that is nothing, what needs a home says so. */
export function setHome(): void {
  try {
    const home = homeIn(Deno.readTextFileSync("/etc/passwd"), Deno.uid());
    if (home !== null) host.env.set("HOME", home);
  } catch {
    // no such file, or a system without user ids
  }
}

/** Finds the home of a user in the text of passwd(5); null where there is none. */
export function homeIn(passwd: string, uid: number | null): string | null {
  for (const line of passwd.split("\n")) {
    const [, , id, , , home] = line.split(":");
    if (uid !== null && id === String(uid) && home?.startsWith("/")) return home;
  }
  return null;
}
