/** Asking a server how keys came to be what they are. */
import assert from "node:assert/strict";
import type { Client } from "../../../../src/client/connection/client.ts";
import { fetchLines } from "../../../../src/client/correspondents/key_history.ts";
import { asAddress } from "../../../../src/model/address.ts";
import type { RequestOf } from "../../../../src/wire/operations.ts";

Deno.test("a server is asked for its own accounts only, each once, whatever domain a contact is of", async () => {
  const asked: RequestOf<"successions">[] = [];
  const call = (_name: string, request: RequestOf<"successions">) => {
    asked.push(request);
    return Promise.resolve({ lines: request.names.map(() => null) });
  };
  const addresses = ["bob@mail.test", "carol@old.test", "dave@mail.test", "bob@mail.test"];
  const client = { call } as unknown as Client;
  assert.deepEqual(await fetchLines(client, "mail.test", addresses.map(asAddress)), new Map());
  assert.deepEqual(asked, [{ names: ["bob", "dave"] }]);
});
