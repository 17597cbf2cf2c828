/** A keyring of thousands of contacts, given to an account that has none. */
import { connect } from "../../src/client/connection/connect.ts";
import { enterByDevice } from "../../src/client/account/log_in.ts";
import { findLogin } from "../../src/client/account/saved_logins.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import type { Contact } from "../../src/client/correspondents/contacts.ts";
import { noRing, sealRing } from "../../src/client/correspondents/keyring_parts.ts";
import { asAccountName, asAddress } from "../../src/model/address.ts";
import type { Person } from "./person.ts";
import { filledPrint } from "./ring_server.ts";

/** Contacts with addresses as long as most are, and a number each way. */
export function manyContacts(count: number): Contact[] {
  return Array.from({ length: count }, (_, at) => ({
    address: asAddress(`correspondent${at}@mail.test`),
    fingerprint: filledPrint(at % 200),
    verified: false,
    since: 1_767_323_045_000,
  }));
}

/** Puts so many contacts into the ring of somebody with a saved login; no machine has seen it then. */
export async function fillRing(person: Person, server: string, count: number): Promise<void> {
  const folder = `${person.home.folder}/home/.local/state/mailctl`;
  const address = parseServer(server);
  const login = await findLogin(folder, server.split("#")[0]!, asAccountName(person.name));
  const client = connect({ state: { folder }, server: address });
  try {
    const { mailboxKey, fingerprint: own } = await enterByDevice(client, login!);
    const ring = { own, restoredAt: 0, contacts: manyContacts(count) };
    const { after, sealed } = await sealRing(mailboxKey, 1, ring, noRing);
    await client.change("replaceKeyring", { expectedVersion: 0, after, ...sealed.parts[0]! });
  } finally {
    client.close();
  }
}
