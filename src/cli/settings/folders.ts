/** Where mailctl keeps files: the XDG folders, or all in `MAILCTL_HOME`. Makes none of them. */
import { MailError } from "../../model/errors.ts";

/** Environment variables, by name. */
export interface Environment {
  get(name: string): string | undefined;
}

/** Finds the folder of known servers and saved logins. @throws {MailError} `configuration` */
export function stateFolder(environment: Environment): string {
  return own(environment, "state") ?? xdg(environment, "XDG_STATE_HOME", ".local/state");
}

/** Finds the folder that `serve` keeps its data and keys in. @throws {MailError} `configuration` */
export function dataFolder(environment: Environment): string {
  return own(environment, "server") ?? xdg(environment, "XDG_DATA_HOME", ".local/share");
}

/** Finds the configuration file, whether it exists or not; null where there is no home to look in. */
export function configPath(environment: Environment): string | null {
  const home = environment.get("MAILCTL_HOME");
  if (home) return join(home, "config");
  if (!absolute(environment, "XDG_CONFIG_HOME") && !environment.get("HOME")) return null;
  return join(xdg(environment, "XDG_CONFIG_HOME", ".config"), "config");
}

function own(environment: Environment, folder: string): string | null {
  const home = environment.get("MAILCTL_HOME");
  return home ? join(home, folder) : null;
}

function xdg(environment: Environment, variable: string, underHome: string): string {
  const folder = absolute(environment, variable);
  if (folder) return join(folder, "mailctl");
  const home = environment.get("HOME");
  if (home) return join(home, underHome, "mailctl");
  throw new MailError("configuration", "Cannot find the home folder: HOME is not set", {
    hint: "Set HOME, or set MAILCTL_HOME to a folder for settings, logins and data.",
  });
}

// XDG Base Directory 0.8: a relative path is invalid and is ignored.
function absolute(environment: Environment, variable: string): string | null {
  const folder = environment.get(variable);
  return folder?.startsWith("/") ? folder : null;
}

/** Joins the parts of a path. */
export function join(...parts: string[]): string {
  return parts.join("/").replace(/\/{2,}/g, "/");
}
