/** What an administrator is told where the server cannot count. */
import assert from "node:assert/strict";
import { MailError } from "../../../../src/model/errors.ts";
import { type AdminServices, makeAdminCommands } from "../../../../src/server/admin/commands.ts";

Deno.test("stats of a database in trouble fail with what is wrong with it", async () => {
  const wrong = "The database mail at a:5432 is blocked: psql of the user x holds a lock";
  const services = {
    administration: { totals: () => Promise.reject(new MailError("unavailable", "Cannot reach")) },
    warnings: () => Promise.resolve([wrong]),
  };
  const commands = makeAdminCommands(services as unknown as AdminServices);
  await assert.rejects(commands.stats(), {
    code: "unavailable",
    hint: `${wrong}.`,
  });
});
