/** Recipients that have no account: with `send --partial` the others get the message, and its sender hears of these. */
import { formatAddress, localName, qualify } from "../../model/address.ts";
import type { FoundKeys } from "../../wire/layouts.ts";
import type { AddressedTo, Addressee, Role } from "../correspondents/recipients.ts";

/** Parts the addresses that have no account from those that have one, with what the server found for them. */
export function splitUnknown(
  addressed: AddressedTo,
  domain: string,
  found: readonly (FoundKeys | null)[],
): { known: AddressedTo; found: (FoundKeys | null)[]; unknown: Addressee[] } {
  const unknown = new Map<string, Addressee>(); // `user` and `user@domain` are one
  let at = 0;
  const pick = (role: Role) =>
    addressed[role].filter((address) => {
      const local = localName(address, domain);
      if (found[at++] && local !== null) return true;
      const full = qualify(formatAddress(address), domain);
      if (!unknown.has(full)) unknown.set(full, { address: full, role });
      return false;
    });
  const known = { to: pick("to"), cc: pick("cc"), bcc: pick("bcc") };
  const all = [...addressed.to, ...addressed.cc, ...addressed.bcc];
  const isKnown = new Set([...known.to, ...known.cc, ...known.bcc]);
  return {
    known,
    found: found.filter((_, index) => index >= all.length || isKnown.has(all[index]!)),
    unknown: [...unknown.values()],
  };
}
