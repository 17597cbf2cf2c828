/** Who sends what a program hands over, as the settings and saved logins say. */
import type { LoginOptions } from "../../client/account/log_in.ts";
import type { LocalAliases } from "../../client/submission/local_aliases.ts";
import { formatAddress, parseAddress } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { loginOptions } from "../session.ts";
import type { SendmailOptions } from "./arguments.ts";
import { readAliases } from "./read_aliases.ts";

export interface Sender {
  /** Null: the fault keeps it from being known. */
  readonly login: LoginOptions | null;
  /** As the queue notes them. Null without a login: then those of the run that sends the message count. */
  readonly server: string | null;
  readonly user: string | null;
  /** Null: there are none, or they are the fault. */
  readonly aliases: LocalAliases | null;
  /** What keeps all mail from being sent. */
  readonly fault: MailError | null;
}

/** Finds the sender. What is wrong with the settings or the saved logins is the fault: it is for the caller to throw. */
export async function findSender(query: SendmailOptions): Promise<Sender> {
  let sender: Sender = { login: null, server: null, user: null, aliases: null, fault: null };
  try {
    const { formatTrusted } = await import("../../client/connection/server_address.ts");
    const login = await loginOptions({ ...query, passwordStdin: false });
    const user = formatAddress(parseAddress(login.name));
    sender = { ...sender, login, server: formatTrusted(login.server), user };
    return { ...sender, aliases: await readAliases() };
  } catch (fault) {
    if (!(fault instanceof MailError)) throw fault;
    return { ...sender, fault };
  }
}
