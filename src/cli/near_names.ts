/** Which names somebody may have meant who typed another one. */
import {
  buildApplication,
  buildCommand,
  buildRouteMap,
  run,
  text_en as defaultText,
} from "@stricli/core";
import { nearEnough } from "./usage_error.ts";

/** Finds the nearest of the names; none where all are far. stricli needs no more than their names for that. */
export async function nearNames(input: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const text = {
    ...defaultText,
    noCommandRegisteredForInput: ({ corrections }: { readonly corrections: readonly string[] }) => {
      found.push(...corrections.map((name) => name.replaceAll("`", "")));
      return "";
    },
  };
  const routes = Object.fromEntries(names.map((name) => [name, placeholder]));
  const root = buildRouteMap({ routes, docs: { brief: "" } });
  const scanner = { distanceOptions: nearEnough };
  const application = buildApplication(root, { name: "", scanner, localization: { text } }, {});
  const silent = { process: { stdout: { write() {} }, stderr: { write() {} } } };
  await run(application, [input], silent);
  return found;
}

const placeholder = buildCommand({ func: () => {}, parameters: {}, docs: { brief: "" } });
