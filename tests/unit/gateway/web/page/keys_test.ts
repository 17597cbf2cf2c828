import { deepEqual } from "node:assert/strict";
import { keys } from "../../../../../src/gateway/web/page/frame.tsx";

const web = new URL("../../../../../src/gateway/web/", import.meta.url);

Deno.test("the page's help has every letter and sign that does something, and no other", async () => {
  const script = await Deno.readTextFile(new URL("asset/keys.js", web));
  const [, places = ""] = /const places = \{([^}]+)\}/.exec(script) ?? [];
  const used = [...script.matchAll(/key === "(.)"/g), ...places.matchAll(/(\w): /g)];
  for (const { name } of Deno.readDirSync(new URL("page", web))) {
    const page = await Deno.readTextFile(new URL(`page/${name}`, web));
    used.push(...page.matchAll(/(?:letter|data-key|data-act|data-focus)="(.)"/g));
  }
  const told = keys.flatMap(([key]) => key.split(", ")).filter((key) => key !== "Enter");
  deepEqual(told.sort(), [...new Set(used.map(([, key]) => key))].sort());
});
