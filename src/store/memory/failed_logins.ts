/** Failed logins, in the memory store. */
import {
  type FailedLogins,
  type FailedLoginStore,
  type FailedTry,
  longestFullMs,
  maxFailedLogins,
} from "../failed_login_store.ts";
import { changes, part } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function failedLoginStore(state: MemoryState): FailedLoginStore {
  return { ...part(state, { failedLogins }), ...changes(state, { noteFailedLogins }) };
}

function noteFailedLogins(
  state: MemoryState,
  tries: readonly FailedTry[],
  now: number,
): FailedLogins[] {
  const noted = tries.map(({ rate, key, ms }) => {
    const known = state.failedLogins.get(keyOf({ rate, key }));
    const fullAt = known === undefined || isFull(known, now) ? now : known.fullAt;
    return { rate, key, fullAt: fullAt + ms };
  });
  for (const each of noted) state.failedLogins.set(keyOf(each), { ...each });
  const kept = failedLogins(state, now).slice(-maxFailedLogins);
  state.failedLogins = new Map(kept.map((each) => [keyOf(each), each]));
  return noted;
}

function failedLogins(state: MemoryState, now: number): FailedLogins[] {
  return [...state.failedLogins.values()]
    .filter((each) => !isFull(each, now))
    .sort((a, b) => a.fullAt - b.fullAt || (keyOf(a) < keyOf(b) ? -1 : 1));
}

function isFull({ fullAt }: FailedLogins, now: number): boolean {
  return fullAt <= now || fullAt > now + longestFullMs;
}

function keyOf({ rate, key }: Pick<FailedLogins, "rate" | "key">): string {
  return `${rate}\0${key}`;
}
