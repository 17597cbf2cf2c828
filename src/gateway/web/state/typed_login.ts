/** Signing in and out at the page, beside the logins that commands save. */
import type { LoginOptions } from "../../../client/account/log_in.ts";
import { logOut } from "../../../client/account/log_out.ts";
import { findLogin } from "../../../client/account/saved_logins.ts";
import { formatServer } from "../../../client/connection/server_address.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { openMailbox, saveLogin } from "../../../client/open_mailbox.ts";
import { parseAddress } from "../../../model/address.ts";

/** What somebody typed to sign in. */
export interface SignInOptions {
  readonly server: LoginOptions["server"];
  readonly name: string;
  readonly password: string;
  /** Where true, a login is saved for commands too. */
  readonly isKept: boolean;
}

/** Where the server cannot be told, the login ends here alone. */
export async function forgetLogin(login: LoginOptions): Promise<void> {
  await logOut(login.state, login, () => {});
}

/** A login that is saved would make do with any password: what was typed has to be right. */
export async function openTyped(login: LoginOptions): Promise<Mailbox> {
  const { name } = parseAddress(login.name);
  const saved = await findLogin(login.state.folder, formatServer(login.server), name);
  return saved === null ? await openMailbox(login) : await saveLogin(login);
}
