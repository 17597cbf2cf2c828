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

for (const name of Object.keys(openMemory("mail.test")) as (keyof Store)[]) {
  Object.defineProperty(MemoryStore.prototype, name, {
    configurable: true,
    writable: true,
    value(this: MemoryStore, ...asked: never[]) {
      return (stores.get(this)![name] as (...asked: never[]) => unknown)(...asked);
    },
  });
}
