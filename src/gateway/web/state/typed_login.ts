/** Signing in and out at the page, beside the logins that commands save. */
import type { LoginOptions } from "../../../client/account/log_in.ts";
import { endDevices } from "../../../client/account/save_login.ts";
import { findLogin } from "../../../client/account/saved_logins.ts";
import { formatServer } from "../../../client/connection/server_address.ts";
import type { Mailbox } from "../../../client/mailbox.ts";
import { dropLogin, openMailbox, saveLogin } from "../../../client/open_mailbox.ts";
import { parseAddress } from "../../../model/address.ts";

/** Where the server cannot be told, the login ends here alone. */
export async function forgetLogin(login: LoginOptions): Promise<void> {
  const dropped = await dropLogin(login.state, login);
  await endDevices(login.state, dropped, () => {});
}

/** A login that is saved would make do with any password: what was typed has to be right. */
export async function openTyped(login: LoginOptions): Promise<Mailbox> {
  const { name } = parseAddress(login.name);
  const saved = await findLogin(login.state.folder, formatServer(login.server), name);
  return saved === null ? await openMailbox(login) : await saveLogin(login);
}
