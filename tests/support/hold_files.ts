/**
 * Preloaded into any program: it stands still where a file gets its name, or loses it. Where that is, no key changes:
 * the one that a server makes is given to it, as long as any other time.
 */
import "./given_key.ts";
import { held } from "./held.ts";

for (const call of ["link", "rename", "remove"] as const) {
  const work = Deno[call] as (...args: unknown[]) => Promise<void>;
  Object.assign(Deno, { [call]: (...args: unknown[]) => held(call, () => work(...args)) });
}
