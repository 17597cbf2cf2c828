/** Requests that were carried out, in the memory store. */
import type { RequestKey } from "../request_store.ts";
import { keptRequests, requireSameCall } from "../rules/requests.ts";
import type { KeptRequest, MemoryState } from "./state.ts";

export function wasCarriedOut(state: MemoryState, request: RequestKey): boolean {
  return earlier(state, request) !== undefined;
}

/** Does work, and keeps its result; of a request that was carried out it tells the first one. */
export function once(state: MemoryState, request: RequestKey, work: () => unknown): unknown {
  const kept = earlier(state, request);
  if (kept !== undefined) return structuredClone(kept.result);
  const result = work();
  const { account, call, at } = request;
  state.requests.set(keyOf(request), { account, call, at, result: structuredClone(result) });
  const own = [...state.requests].filter(([, one]) => one.account === account);
  for (const [key] of own.slice(0, -keptRequests.most)) state.requests.delete(key);
  return result;
}

function earlier(state: MemoryState, request: RequestKey): KeptRequest | undefined {
  const kept = state.requests.get(keyOf(request));
  if (kept !== undefined) requireSameCall(kept, request);
  return kept;
}

/** Drops those that are kept long enough. */
export function forgetRequests(state: MemoryState, now: number): void {
  for (const [key, { at }] of state.requests) {
    if (at <= now - keptRequests.ms) state.requests.delete(key);
  }
}

function keyOf({ account, id }: RequestKey): string {
  return `${account} ${id.toHex()}`;
}
