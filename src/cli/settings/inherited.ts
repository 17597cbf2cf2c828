/** What programs that are started here find of this one's environment. */
import { certificateStore } from "../../net/dial.ts";
import { host } from "../host.ts";
import { credentialsVariable } from "./credential.ts";
import { secretVariables } from "./settings.ts";

/** Where the service manager listens: a path, or `@` and an abstract name. */
export const notifySocketVariable = "NOTIFY_SOCKET";

/** The executable sets them for its own runtime: the folder would be filled by another program that uses it. */
const runtimeVariables = ["DENO_DIR", "DENO_NO_UPDATE_CHECK"] as const;

/**
 * What a hook, a pager or a browser does is up to what it is shown: it does not learn ways to the password, and does not
 * speak for this program.
 */
const ownVariables: ReadonlySet<string> = new Set([
  certificateStore, // set by `dialKnown`
  credentialsVariable,
  notifySocketVariable,
  ...runtimeVariables,
  ...secretVariables,
]);

/** What such a program inherits of these. */
export function inherited(
  variables: Readonly<Record<string, string>> = host.env.toObject(),
): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !ownVariables.has(name)));
}
