/** A subject's part of the memory store, made of functions over the state. */
import { once } from "./requests.ts";
import type { MemoryState } from "./state.ts";

/** A function of the state and of what a method of the store is asked. */
type Work = (state: MemoryState, ...asked: never[]) => unknown;

type Method<W> = W extends (state: MemoryState, ...asked: infer A) => infer R
  ? (...asked: A) => Promise<R>
  : never;

type Works = Readonly<Record<string, Work>>;
type Part<W> = { readonly [N in keyof W]: Method<W[N]> };

/** Makes methods of a subject's functions: they refuse a closed store, and what they throw is a rejection. */
export function part<W extends Works>(state: MemoryState, work: W): Part<W> {
  return methodsOf(state, work, (act) => act());
}

/** As `part`, of functions that change something: under a request, that is done once. */
export function changes<W extends Works>(state: MemoryState, work: W): Part<W> {
  const { request } = state;
  return methodsOf(state, work, (act) => request === null ? act() : once(state, request, act));
}

function methodsOf<W extends Works>(
  state: MemoryState,
  work: W,
  run: (act: () => unknown) => unknown,
): Part<W> {
  const methods = Object.entries(work).map(([name, method]) => {
    const act = (asked: never[]) => {
      state.admit();
      return method(state, ...asked);
    };
    return [name, (...asked: never[]) => Promise.try(() => run(() => act(asked)))];
  });
  return Object.fromEntries(methods);
}
