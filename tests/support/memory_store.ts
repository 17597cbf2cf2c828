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

/** What a test wrote over holds for sessions and requests as well. */
function viewOf(store: MemoryStore, inner: Store): MemoryStore {
  const view = new Proxy(store, {});
  stores.set(view, inner);
  return view;
}

MemoryStore.prototype.as = function (actor, terms) {
  return viewOf(this, stores.get(this)!.as(actor, terms));
};

MemoryStore.prototype.under = function (request) {
  return viewOf(this, stores.get(this)!.under(request));
};

const others = Object.keys(openMemory("mail.test"))
  .filter((name) => name !== "as" && name !== "under");
for (const name of others as (keyof Store)[]) {
  Object.defineProperty(MemoryStore.prototype, name, {
    configurable: true,
    writable: true,
    value(this: MemoryStore, ...asked: never[]) {
      return (stores.get(this)![name] as (...asked: never[]) => unknown)(...asked);
    },
  });
}
