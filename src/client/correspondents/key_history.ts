/** Keys of correspondents that changed: asked for at the server, which cannot make any step up. WIRE.md 7.5. */
import { accountFingerprint } from "../../crypto/fingerprint.ts";
import { verifyPublishedKeys } from "../../crypto/account/identity.ts";
import { formerKeys } from "../../crypto/account/succession.ts";
import { type AccountName, accountOf, type Address, addressAt } from "../../model/address.ts";
import { limits } from "../../model/limits.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import type { Client } from "../connection/client.ts";
import type { KeyHistory } from "./contacts.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

/** A line with what checks signatures. */
export interface ServerKeyHistory extends KeyHistory {
  /** Signing keys by their account's fingerprint, hexadecimal; of keys that are not on the line too. */
  readonly signingKeys: ReadonlyMap<string, Uint8Array>;
}

/**
 * Asks how the keys of addresses (of this domain) came to be what they are; those that do not hold, or are
 * nobody's here, are left out.
 */
export async function fetchLines(
  client: Client,
  domain: string,
  addresses: readonly Address[],
): Promise<Map<Address, ServerKeyHistory>> {
  const asked = new Map(
    [...new Set(addresses)].flatMap((address) => {
      const name = accountOf(address, domain);
      return name === null ? [] : [[address, name] as const];
    }).slice(0, limits.maxRecipients),
  );
  const names = [...asked.values()];
  const { lines } = await client.call("successions", { names });
  if (lines.length !== names.length) throw unexpectedReply();
  const found = await Promise.all(lines.map((line, at) => check(names[at]!, domain, line)));
  return new Map(
    [...asked.keys()].flatMap((address, at) => found[at] ? [[address, found[at]]] : []),
  );
}

async function check(
  name: AccountName,
  domain: string,
  line: ReplyOf<"successions">["lines"][number],
): Promise<ServerKeyHistory | null> {
  if (line === null || !await verifyPublishedKeys(name, domain, line.keys)) return null;
  const former = await formerKeys(addressAt(name, domain), line.keys, line.steps);
  const signingKeys = new Map<string, Uint8Array>();
  for (const keys of [line.keys, ...line.steps]) {
    signingKeys.set((await accountFingerprint(keys)).toHex(), keys.signingKey);
  }
  return { fingerprint: await accountFingerprint(line.keys), former, signingKeys };
}
