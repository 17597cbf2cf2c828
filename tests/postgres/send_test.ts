/** A send without terms is one function in the database, one with terms is statements: both keep the same promises. */
import type { NewMessage } from "../../src/store/send_store.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { blockingPromises } from "../contract/store_contract_blocking.ts";
import { keyringPromises } from "../contract/store_contract_keyring.ts";
import { sendPromises } from "../contract/store_contract_send.ts";
import { sharePromises } from "../contract/store_contract_shares.ts";
import { emptiedDatabase } from "../support/emptied_database.ts";
import { withoutPostgres } from "../support/postgres.ts";

const promises = { ...sendPromises, ...sharePromises, ...blockingPromises, ...keyringPromises };

for (const [promise, holds] of Object.entries(promises)) {
  Deno.test({
    name: `store postgres, sends by statements: ${promise}`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await emptiedDatabase();
      const store = await openStore(database.url, { domain: "example.org" });
      try {
        await holds(byStatements(store));
      } finally {
        await store.close();
      }
    },
  });
}

/** Sends on terms that ask for nothing. */
function byStatements(store: Store): Store {
  const send = async (message: NewMessage) => {
    const terms = { partial: false, unknown: [], expiresAt: null };
    const { id, repeated } = await store.submit(message, terms);
    return { id, repeated };
  };
  return { ...store, send };
}
