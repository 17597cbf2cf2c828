/** Runs the store's contract over every back end. */

import { openStore } from "../../src/store/open.ts";
import { inMemory } from "../support/temporary_folder.ts";
import { keepWriters } from "../support/warm_writer.ts";
import { storeContract } from "./store_contract.ts";

keepWriters();

const backEnds: Record<string, () => string> = {
  memory: () => "memory:",
  sqlite: () => `file:${Deno.makeTempDirSync({ ...inMemory, prefix: "mailctl_store_" })}`,
};

for (const [backEnd, makeUrl] of Object.entries(backEnds)) {
  for (const [promise, holds] of Object.entries(storeContract)) {
    Deno.test(`store ${backEnd}: ${promise}`, async () => {
      const url = makeUrl();
      const store = await openStore(url, { domain: "example.org" });
      try {
        await holds(store);
      } finally {
        await store.close();
        if (url.startsWith("file:")) await Deno.remove(url.slice(5), { recursive: true });
      }
    });
  }
}
