/** Plays every transcript in this folder. */
import { playDialog } from "../support/dialog.ts";

for (const { name } of Deno.readDirSync(import.meta.dirname!)) {
  if (!name.endsWith(".txt")) continue;
  const text = Deno.readTextFileSync(`${import.meta.dirname}/${name}`);
  Deno.test(`dialog ${name.replace(".txt", "")}`, () => playDialog(text));
}
