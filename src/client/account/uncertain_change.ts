/** What became of a change of password whose connection was lost: found out, or told to be unknown. */
import type { PasswordKeys } from "../../crypto/account/password.ts";
import type { PasswordParameters } from "../../model/account.ts";
import type { ParsedAddress } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import type { OwnAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import { connect, type ConnectOptions } from "../connection/connect.ts";
import { LostRequest, outcomeUnknown } from "../connection/outcome_unknown.ts";
import { addressOn, logIn } from "./log_in.ts";

/** A password that is to be: made once, so that asking again asks for the very same. */
export interface NextPassword {
  readonly parameters: PasswordParameters;
  readonly keys: PasswordKeys;
}

/** A change on its way, and how to ask for it. */
export interface Change {
  readonly options: ConnectOptions;
  readonly address: ParsedAddress;
  readonly next: NextPassword;
  /** Asks once, on a connection of its own; what is lost under way is `lost`. */
  readonly attempt: () => Promise<OwnAccount>;
}

/**
 * Makes a change, asking again where the connection is lost. The server carries out one at most.
 * @throws {MailError} what the server says; `unavailable` where nobody can tell what became of it
 */
export async function makeChange(change: Change): Promise<OwnAccount> {
  try {
    return await change.attempt();
  } catch (error) {
    if (!(error instanceof LostRequest)) throw error;
    const hint =
      "Run `mailctl login` with the new password. If it is refused, nothing was changed.";
    return await attemptOrFind(change).catch((cause) => {
      throw outcomeUnknown("the password was changed", hint, cause);
    });
  }
}

/** Works with a connection of its own. */
export async function withClient<T>(
  options: ConnectOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = connect(options);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

async function attemptOrFind(change: Change): Promise<OwnAccount> {
  const found = await find(change);
  if (found !== null) return found;
  try {
    return await change.attempt();
  } catch (error) {
    const late = await find(change); // the first request was carried out only now
    if (late !== null) return late;
    throw error;
  }
}

/** The account, where the new password is the one that holds. */
async function find({ options, address, next }: Change): Promise<OwnAccount | null> {
  return await withClient(options, async (client) => {
    try {
      return await logIn(client, { address: await addressOn(client, address), ...next.keys });
    } catch (error) {
      if (error instanceof MailError && error.code === "denied") return null;
      throw error;
    }
  });
}
