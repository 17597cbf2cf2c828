/**
 * What this process may do, given up as soon as nothing needs it: whatever is wrong in what reads mail can then start no
 * program. It begins with every permission, since the runtime opens what lies under /proc, /sys and /dev for nothing less:
 * a command that names a path there keeps them all.
 */
import { host } from "./host.ts";

/** Gives up what no command needs, unless one names a device. To be called before anything is read. */
export function giveUpNativeCode(args: readonly string[]): void {
  if (!namesDevice(args)) host.permissions.revokeSync({ name: "ffi" });
}

/** Gives up running programs, unless every permission was kept. */
export function giveUpPrograms(): void {
  if (holdsAll()) return;
  host.permissions.revokeSync({ name: "run" });
}

/** Gives up all that commands do besides writing text. */
export function giveUpAll(): void {
  for (const name of ["ffi", "run", "net", "write", "sys"] as const) {
    host.permissions.revokeSync({ name });
  }
}

function holdsAll(): boolean {
  return host.permissions.querySync({ name: "ffi" }).state === "granted";
}

/** True where a path of the command, of its settings, or its folder is among devices. */
function namesDevice(args: readonly string[]): boolean {
  const settings = Object.entries(host.env.toObject())
    .filter(([name]) => /^(MAILCTL_|XDG_|HOME$|CREDENTIALS_DIRECTORY$)/.test(name))
    .map(([, value]) => value);
  return isDevice(`${Deno.cwd()}/`) || args.some(isDevice) || settings.some(isDevice);
}

function isDevice(text: string): boolean {
  return /(^|[=:])\/(dev|proc|sys)\/(?!null$)/.test(text);
}
