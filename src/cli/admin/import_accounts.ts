/** Makes many accounts at a server, as the client of each: a few at a time, in their order. */
import { register } from "../../client/open_mailbox.ts";
import { parseServer, type ServerAddress } from "../../client/connection/server_address.ts";
import type { AccountName } from "../../model/address.ts";
import { asServerFingerprint } from "../../model/digests.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { randomBytes } from "../../model/bytes.ts";
import { heardElsewhere } from "../../model/promises.ts";
import { type AdminFlags, askAdmin } from "./ask_admin.ts";
import { stateFolder } from "../settings/folders.ts";
import type { ImportedAccount } from "./import_file.ts";
import { host } from "../host.ts";

export interface ImportFlags extends AdminFlags {
  /** Where clients reach the server: behind a forwarder it does not know. */
  readonly server: string | undefined;
}

export interface AccountImport {
  readonly name: AccountName;
  readonly state: "created" | "exists" | "failed";
  readonly reason?: string;
}

/** Stretching a password takes 64 MiB and a core. */
const atOnce = Math.max(1, Math.min(4, navigator.hardwareConcurrency));
const inviteMs = 3_600_000;

/** @throws {MailError} `unavailable`, and whatever else is no fault of one account */
export async function* importAccounts(
  flags: ImportFlags,
  accounts: readonly ImportedAccount[],
): AsyncGenerator<AccountImport, void> {
  const server = await findServer(flags);
  const running: Promise<AccountImport>[] = [];
  for (const account of accounts) {
    running.push(heardElsewhere(importOne(flags, server, account))); // below, in its turn
    if (running.length >= atOnce) yield await running.shift()!;
  }
  for (const each of running) yield await each;
}

/** Where this machine reaches the server. @throws {MailError} `usage` where that is not known here */
async function findServer(flags: ImportFlags): Promise<ServerAddress> {
  const given = flags.server === undefined ? null : parseServer(flags.server);
  const { address, fingerprint } = await askAdmin(flags, "server", {});
  const place = given ?? parseServer(near(address));
  return { ...place, fingerprint: asServerFingerprint(Uint8Array.fromHex(fingerprint)) };
}

function near(address: string | null): string {
  if (address !== null) {
    return address.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
  }
  const message = "Cannot import: the server's address for clients is not known here";
  throw new MailError("usage", message, { hint: "Add --server HOST:PORT." });
}

async function importOne(
  flags: AdminFlags,
  server: ServerAddress,
  { name, password }: ImportedAccount,
): Promise<AccountImport> {
  if (await exists(flags, name)) return { name, state: "exists" };
  try {
    const invite = randomBytes(16);
    await makeInvite(flags, invite);
    const state = { folder: stateFolder(host.env) };
    const given = () => Promise.resolve(password);
    (await register({ name, password: given, server, state, invite })).close();
    return { name, state: "created" };
  } catch (error) {
    if (!isFailure(error, "name_taken")) throw error;
    if (await exists(flags, name)) return { name, state: "exists" }; // somebody was quicker
    return { name, state: "failed", reason: error.message };
  }
}

/** One for each account. One that is not used is known to nobody, and expires. */
async function makeInvite(flags: AdminFlags, token: Uint8Array): Promise<void> {
  const query = { uses: 1, expiresInMs: inviteMs, maxBytes: null, provisioning: true };
  await askAdmin(flags, "invite", { token: token.toHex(), ...query });
}

async function exists(flags: AdminFlags, name: AccountName): Promise<boolean> {
  try {
    await askAdmin(flags, "show", { name });
    return true;
  } catch (error) {
    if (isFailure(error, "no_such_recipient")) return false;
    throw error;
  }
}
