import { fileRows } from "./file_rows.ts";
import { killAtEachPlace } from "./files.ts";
import { Stand } from "./stand.ts";

Deno.test("killed in the middle: files", async (t) => {
  await using stand = await Stand.set();
  for (const row of fileRows) await t.step(row.command, () => killAtEachPlace(stand, row));
});
