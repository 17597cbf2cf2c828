/**
 * The administrator's socket, in the run folder, which only the server's own user may enter. A line of JSON
 * `{"command", "request", "arguments"}` is answered by `{"value"}` or `{"error"}`. It takes no password and needs none: whoever
 * gets here could as well read the database.
 */
import { systemName } from "../../model/bounce.ts";
import { asRequestId, type RequestId } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { listenLocal, type LocalListener } from "../../net/local_socket.ts";
import { makeClosedFolder } from "../key/key_folder.ts";
import type { Log } from "../log.ts";
import { type AdminServices, makeAdminCommands } from "./commands.ts";
import { type AdminCommand, adminRequests, adminSocket, Given, otherVersion } from "./requests.ts";

/**
 * Listens on the socket, in a folder that is made where there is none.
 * @throws {MailError} `configuration` also for a folder that other users can access, or own
 */
export async function openAdminChannel(
  folder: string,
  services: AdminServices,
  log: Log,
): Promise<LocalListener> {
  const { uid } = await makeClosedFolder(folder);
  if (uid !== null && uid !== Deno.uid()) throw notOurs(folder);
  return await listenLocal(`${folder}/${adminSocket}`, answering(services, log));
}

function notOurs(folder: string): MailError {
  return new MailError("configuration", `Cannot use ${folder}: it belongs to another user`, {
    hint: "Use --run DIR for another folder.",
  });
}

/** Makes what answers a line by a line. It never throws. */
export function answering(
  services: AdminServices,
  log: Log,
): (line: string) => Promise<string> {
  const commands = makeAdminCommands(services);
  const run = async (line: string): Promise<unknown> => {
    const { name, id, values } = parseRequest(line);
    const request = adminRequests[name](new Given(values));
    const key = { account: systemName, id, call: name, at: services.now() };
    const value = await commands[name](request as never, key);
    if (isFirst(name, request)) log.info("admin", { command: name, ...accountsOf(request) });
    return value;
  };
  return async (line) => {
    try {
      return JSON.stringify({ value: await run(line) });
    } catch (error) {
      return JSON.stringify({ error: tellable(error, log) });
    }
  };
}

/** A command of a person is one line: its later pages, and its questions where the server and its store are, are none. */
function isFirst(
  name: AdminCommand,
  { after = null }: { readonly after?: string | null },
): boolean {
  return name !== "server" && name !== "store" && after === null;
}

/** The accounts that a command was about; they exist, since it was carried out. */
function accountsOf(
  request: {
    readonly name?: string;
    readonly names?: readonly string[];
    readonly account?: string;
  },
): { readonly account?: string } {
  const account = request.name ?? request.account ?? request.names?.join(" ");
  return account === undefined ? {} : { account };
}

function parseRequest(line: string): { name: AdminCommand; id: RequestId; values: unknown } {
  const request = new Given(parseJson(line));
  const name = request.text("command");
  if (Object.hasOwn(adminRequests, name)) {
    const id = asRequestId(Uint8Array.fromHex(request.secret("request")));
    return { name: name as AdminCommand, id, values: request.object("arguments") };
  }
  throw new MailError("protocol", "Cannot do that: this server does not know the command", {
    hint: otherVersion,
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new MailError("malformed", "Cannot understand the request: it is not JSON", { cause });
  }
}

function tellable(error: unknown, log: Log) {
  if (!(error instanceof MailError) || error.code === "internal") {
    log.error("internal", error, { operation: "admin" });
  } else if (error.code === "storage_failed") {
    log.error("storage failed", error, { operation: "admin" });
  }
  const { code, message, hint = null } = error instanceof MailError
    ? error
    : new MailError("internal", "Cannot do that: there is a bug in the server, see its log");
  return { code, message, hint };
}
