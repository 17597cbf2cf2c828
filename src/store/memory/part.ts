/** A subject's part of the memory store, made of functions over the state. */
import type { MemoryState } from "./state.ts";

/** A function of the state and of what a method of the store is asked. */
type Work = (state: MemoryState, ...asked: never[]) => unknown;

type Method<W> = W extends (state: MemoryState, ...asked: infer A) => infer R
  ? (...asked: A) => Promise<R>
  : never;

/** Makes methods of a subject's functions: they refuse a closed store, and what they throw is a rejection. */
export function part<W extends Readonly<Record<string, Work>>>(
  state: MemoryState,
  work: W,
): { readonly [N in keyof W]: Method<W[N]> } {
  const methods = Object.entries(work).map(([name, method]) => [
    name,
    (...asked: never[]) =>
      Promise.try(() => {
        state.admit();
        return method(state, ...asked);
      }),
  ]);
  return Object.fromEntries(methods);
}
