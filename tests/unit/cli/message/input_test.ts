/** What `send` reads from files. */
import assert from "node:assert/strict";
import { openInput } from "../../../../src/cli/message/input.ts";

Deno.test("a file that becomes shorter while it is read is an error, one that grows is not", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (const [change, fails] of [[-1, true], [0, false], [1, false]] as const) {
      await Deno.writeFile(path, new Uint8Array(200_000));
      using file = await openInput(path);
      await Deno.truncate(path, 200_000 + change);
      const read = Array.fromAsync(file.content);
      if (!fails) await read;
      else {
        await assert.rejects(read, {
          code: "no_input",
          message: `Cannot read ${path}: it became shorter while it was read`,
        });
      }
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file without a size of its own is read to its end", async () => {
  using file = await openInput("/proc/self/status");
  assert.ok((await Array.fromAsync(file.content)).length > 0);
});
