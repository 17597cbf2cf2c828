/** The memory store as a class, so that a test may write over some of its methods. */
import { openMemory } from "../../src/store/memory/memory.ts";
import type { Store } from "../../src/store/store.ts";

export interface MemoryStore extends Store {}

export class MemoryStore {
  constructor(domain: string) {
    stores.set(this, openMemory(domain));
  }
}

const stores = new WeakMap<MemoryStore, Store>();

/** What a test wrote over holds for sessions as well. */
MemoryStore.prototype.as = function (actor) {
  const view = new Proxy(this, {});
  stores.set(view, stores.get(this)!.as(actor));
  return view;
};

const others = Object.keys(openMemory("mail.test")).filter((name) => name !== "as");
for (const name of others as (keyof Store)[]) {
  Object.defineProperty(MemoryStore.prototype, name, {
    configurable: true,
    writable: true,
    value(this: MemoryStore, ...asked: never[]) {
      return (stores.get(this)![name] as (...asked: never[]) => unknown)(...asked);
    },
  });
}
