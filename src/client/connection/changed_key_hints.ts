/** What to do about a key that changed, a correspondent's or a server's: the same words wherever one is met. */
import type { Address } from "../../model/address.ts";
import type { Hint } from "../../model/errors.ts";
import { knownServersIn } from "./known_servers.ts";

/** Advises on the keys of these addresses (`name@domain`), of which there is at least one. */
export function changedKeyHint(addresses: readonly Address[]): Hint {
  const name = addresses.length === 1 ? addresses[0] : "NAME";
  return `Ask them by another way whether they have a new key. If so, run \`mailctl trust ${name}\`.`;
}

/** Advises on the key of a server (`host:port`) that is known in a state folder. */
export function changedServerHint(address: string, folder: string): Hint {
  return `If the server's administrator confirms the new key, remove the line of ${address} from ${
    knownServersIn(folder)
  }.`;
}
