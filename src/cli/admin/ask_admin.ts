/**
 * How a command of the administrator reaches the server: by the socket in its run folder, on the same machine. Where none
 * runs here on a PostgreSQL database, it is carried out at the database itself.
 */
import type { AdminReply } from "../../server/admin/commands.ts";
import {
  type AdminCommand,
  type AdminRequest,
  adminSocket,
  readOnly,
} from "../../server/admin/requests.ts";
import { changeUnknown, OutcomeUnknown } from "../../client/connection/outcome_unknown.ts";
import { askLocal, NoAnswer } from "../../net/local_socket.ts";
import { requirePrivate } from "../../files/private.ts";
import { type FailureCode, failures, MailError, toldHint } from "../../model/errors.ts";
import { parseName } from "../../model/address.ts";
import { randomBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { dataUrl, isDatabaseUrl, runFolder } from "../settings/server_folders.ts";
import { quotaOf } from "../settings/server_quota.ts";
import { version } from "../version.ts";
import { host } from "../host.ts";
import { writeJson } from "../terminal/output.ts";
import { settingFlag, Settings } from "../settings/settings.ts";

/** The flags of every command of the administrator. */
export interface AdminFlags {
  readonly data: string | undefined;
  readonly run?: string | undefined;
}

export const adminFlags = { data: settingFlag("data"), run: settingFlag("run") };

/** What help says of all of them. */
export const adminNote =
  "Run it on the server's machine, as the server's user, while the server runs. For\n" +
  "a PostgreSQL database, it can run on any machine.";

interface Answer<T> {
  readonly value?: T;
  readonly error?: { code: string; message: string; hint: string | null };
}

/** True where the folder of its socket says which server is meant, whatever database the configuration names. */
export function isRunNamed({ data, run }: AdminFlags): boolean {
  return data === undefined && run !== undefined;
}

/** Asks the running server. @throws {MailError} `unavailable` where none runs, and what the server refuses */
export async function askAdmin<N extends AdminCommand>(
  flags: AdminFlags,
  command: N,
  request: AdminRequest<N>,
): Promise<AdminReply<N>> {
  const settings = new Settings(flags);
  const folder = runFolder(settings);
  if (folder === null) throw noFolder();
  await requireOwnFolder(folder);
  const path = `${folder}/${adminSocket}`;
  const line = lineOf(command, request);
  const isServers = isRunNamed(flags) || !isDatabaseUrl(dataUrl(settings));
  const asking = isServers ? askTwice(path, line) : askSomebody(settings, path, command, line);
  const text = await asking.catch((error) => {
    if (!(error instanceof NoAnswer) || readOnly.has(command)) throw error;
    throw command === "rotateKey" ? keyUnknown(error) : changeUnknown(error);
  });
  const { value, error } = JSON.parse(text) as Answer<AdminReply<N>>;
  if (error === undefined) return value!;
  const code = Object.hasOwn(failures, error.code) ? error.code as FailureCode : "internal";
  throw new MailError(code, error.message, { hint: toldHint(error.hint) });
}

/** Asks the server; without one of this database it is asked itself. Of both, one carries the request out. */
async function askSomebody(
  settings: Settings,
  path: string,
  command: AdminCommand,
  line: string,
): Promise<string> {
  const url = dataUrl(settings);
  const isThere = await Deno.lstat(path).then(() => true, () => false);
  if (!isThere || !await isServed(url, path)) return await askDatabase(settings, url, line);
  return await askTwice(path, line).catch((lost) => {
    const mayBeDone = lost instanceof NoAnswer;
    if (mayBeDone && command === "rotateKey") throw lost; // of that the database cannot tell
    return askDatabase(settings, url, line).catch((cause) => {
      throw mayBeDone ? lost : cause;
    });
  });
}

/** True where the server here uses that database: it may be another one that only stands where one is looked for. */
async function isServed(url: string, path: string): Promise<boolean> {
  const { isSameDatabase } = await import("../../store/open.ts");
  const told = await askTwice(path, lineOf("store", {})).catch(() => "{}");
  const { value } = JSON.parse(told) as Answer<AdminReply<"store">>;
  const its = value?.url ?? "";
  return isDatabaseUrl(its) && await isSameDatabase(its, url);
}

function lineOf<N extends AdminCommand>(command: N, request: AdminRequest<N>): string {
  return JSON.stringify({ command, request: randomBytes(16).toHex(), arguments: request });
}

async function askDatabase(settings: Settings, url: string, line: string): Promise<string> {
  const [{ openStore }, { answerDirectly }, { stderrLog }] = await Promise.all([
    import("../../store/open.ts"),
    import("../../server/admin/direct.ts"),
    import("../../server/log.ts"),
  ]);
  const software = `mailctl ${version}`;
  const store = await openStore(url, { domain: null, mustExist: true, software });
  try {
    const { info: _, ...log } = stderrLog(host.stderr);
    const quiet = { ...log, info: () => {} };
    return await answerDirectly(store, line, { quota: quotaOf(settings), log: quiet });
  } finally {
    await store.close();
  }
}

/** Asks once more where the answer is lost: the server carries out one of both, and tells of that. */
async function askTwice(path: string, line: string): Promise<string> {
  const ask = () => askLocal(path, line, limits.replyTimeoutMs);
  return await ask().catch((lost) => {
    if (!(lost instanceof NoAnswer)) throw lost;
    return ask().catch(() => {
      throw lost;
    });
  });
}

function keyUnknown(cause: unknown): MailError {
  const hint = "Run `mailctl ping` in two minutes. If the fingerprint is new, the key was changed.";
  return new OutcomeUnknown("the key was changed", hint, cause);
}

/** The one account that a command is about. */
export const nameArgument = {
  kind: "tuple",
  parameters: [{ placeholder: "NAME", brief: "The account", parse: String }],
} as const;

/** Does one thing to several accounts: to all or none. */
export async function changeAll(
  flags: AdminFlags & { readonly json: boolean },
  command: "disable" | "enable",
  texts: readonly string[],
): Promise<void> {
  const names = texts.map(parseName);
  await askAdmin(flags, command, { names });
  if (flags.json) await writeJson({ [`${command}d`]: names });
}

/** What answers in a folder that others may write to could be anybody. */
async function requireOwnFolder(folder: string): Promise<void> {
  const found = await Deno.stat(folder)
    .catch(() => ({ mode: null, isDirectory: true })); // told when nobody answers
  if (!found.isDirectory) {
    throw new MailError("configuration", `Cannot use ${folder}: it is not a folder`);
  }
  requirePrivate(folder, found);
}

function noFolder(): MailError {
  return new MailError("configuration", "Cannot reach the server: its data is not in a folder");
}
