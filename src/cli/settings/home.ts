/** The home folder of who runs this, where nobody said: cron starts its sendmail without HOME. */
import { host } from "../host.ts";

/** Sets HOME to what the system has for the user, unless it is set. That there is none is told by who needs it. */
export function setHome(): void {
  if (host.env.get("HOME")) return;
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
