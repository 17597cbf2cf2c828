/** Commands that no other server has, for the programs that were written for them: PING, REG and GETUSER. */
import { type AccountName, addressAt, parseAddress } from "../../model/address.ts";
import { limits } from "../../model/limits.ts";
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { Accounts } from "../../service/accounts.ts";
import type { SmtpPeer } from "../smtp/policy.ts";
import { type Reply, SmtpRefusal } from "../smtp/refusal.ts";

export const legacyCommands = ["PING", "REG", "GETUSER"] as const;

export interface LegacyOptions {
  readonly accounts: Accounts;
  readonly domain: string;
  /** False: each is refused with 502. */
  readonly allowsLegacy: boolean;
}

/** What is known of who asks. */
export interface Asker {
  readonly peer: SmtpPeer;
  readonly isLoggedIn: boolean;
}

/** Carries one out. @throws {MailError | SmtpRefusal} */
export async function runLegacyCommand(
  options: LegacyOptions,
  name: string,
  argument: string,
  asker: Asker,
): Promise<Reply> {
  if (!options.allowsLegacy) throw new SmtpRefusal("not_offered");
  if (name === "REG") return await register(options, argument, asker);
  if (name === "GETUSER") return await getUser(options, argument, asker);
  return [259, "PONG"];
}

/**
 * Makes an account as a client makes its own. But here the server sees the password and makes the secret keys, for a
 * moment. Registering so takes two of the address's tries: one before the password costs anything.
 */
async function register(
  { accounts, domain }: LegacyOptions,
  argument: string,
  { peer }: Asker,
): Promise<Reply> {
  if (!peer.isSecure) throw new SmtpRefusal("tls_first");
  const [, written = "", password = ""] = /^(\S+) (.+)$/.exec(argument) ?? [];
  const name = nameIn(domain, written);
  requirePassword(password);
  await accounts.admitRegistration(name, peer.remoteAddress);
  const { prepareRegistration } = await import("../../crypto/account/registration.ts");
  const { registration } = await prepareRegistration(name, domain, password);
  await accounts.create(registration, peer.remoteAddress, { invite: null });
  return [253, addressAt(name, domain)];
}

async function getUser(
  { accounts, domain }: LegacyOptions,
  argument: string,
  { isLoggedIn }: Asker,
): Promise<Reply> {
  if (!isLoggedIn) throw new SmtpRefusal("login_first");
  const name = await Promise.try(nameIn, domain, argument).catch(() => null); // no name of an account
  const id = name === null ? null : await accounts.idOf(name);
  return [255, String(id ?? -1)];
}

/** @throws {MailError} `malformed` */
function nameIn(domain: string, text: string): AccountName {
  const address = parseAddress(text);
  if (address.domain === null || address.domain === domain) return address.name;
  throw new MailError("malformed", `Cannot find that here: this server's domain is ${domain}`);
}

function requirePassword(password: string): void {
  const isShort = [...password].length < limits.minPasswordCharacters;
  if (!isShort && utf8(password).length <= limits.maxPasswordBytes) return;
  throw new MailError(
    "malformed",
    `Cannot register: a password needs ${limits.minPasswordCharacters} characters or more`,
  );
}
