/** Preloaded into any program: it stands still where a file gets its name, or loses it. */
import { held } from "./held.ts";

for (const call of ["link", "rename", "remove"] as const) {
  const work = Deno[call] as (...args: unknown[]) => Promise<void>;
  Object.assign(Deno, { [call]: (...args: unknown[]) => held(call, () => work(...args)) });
}
