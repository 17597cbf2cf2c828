/** The real server over a store that lies: what a hostile operator could do to those who trust its key. */
import { asAccountName, asAddress } from "../../src/model/address.ts";
import type { AccountId } from "../../src/model/ids.ts";
import { generateSecretKeys, publishKeys } from "../../src/crypto/account/identity.ts";
import { accountFingerprint, formatFingerprint } from "../../src/crypto/fingerprint.ts";
import { MemoryStore } from "./memory_store.ts";
import type { StoredKeys } from "../../src/store/account_store.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import type { Store } from "../../src/store/store.ts";
import { startServer, type TestServerOptions, type TlsServer } from "./server.ts";

export const hostileDomain = "mail.test";

type Method = Exclude<keyof Store, symbol>;
/** Takes the place of some methods; each gets the honest store. */
export type Lies = { readonly [M in Method]?: (honest: Store) => Store[M] };

/** A server that is honest until it is told what to lie about. */
export class HostileServer implements AsyncDisposable {
  readonly store: Store;
  /** `host:port#fingerprint` */
  readonly trusted: string;
  readonly address: string;
  readonly server: TlsServer;
  #lies: Lies = {};

  private constructor(store: Store, server: TlsServer) {
    this.store = store;
    this.server = server;
    this.address = server.ready.address;
    this.trusted = `${this.address}#${formatFingerprint(server.ready.fingerprint)}`;
  }

  static async start(options: Omit<TestServerOptions, "store"> = {}): Promise<HostileServer> {
    const honest = new MemoryStore(hostileDomain);
    let self: HostileServer | null = null;
    const lyingOver = (store: Store): Store =>
      new Proxy<Store>(store, {
        get(target, name: Method) {
          if (name === "as") {
            return (...whom: Parameters<Store["as"]>) => lyingOver(target.as(...whom));
          }
          const lie = self === null ? undefined : self.#lies[name];
          if (lie !== undefined) return lie(target);
          const method = target[name];
          return typeof method === "function" ? (method as () => unknown).bind(target) : method;
        },
      });
    const store = lyingOver(honest);
    self = new HostileServer(honest, await startServer({ ...options, store }));
    return self;
  }

  /** Lies while the work goes on, and is honest again after it. */
  async lying<T>(lies: Lies, work: () => Promise<T>): Promise<T> {
    this.#lies = lies;
    try {
      return await work();
    } finally {
      this.#lies = {};
    }
  }

  async accountId(name: string): Promise<AccountId> {
    return (await this.store.findAccount(asAccountName(name)))!.id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** Keys that the operator made for somebody: signed as they must be, and not theirs. */
export async function madeUpKeys(
  name: string,
  signingSeed?: Uint8Array,
): Promise<StoredKeys> {
  const made = generateSecretKeys();
  const secretKeys = { ...made, signingSeed: signingSeed ?? made.signingSeed };
  const keys = await publishKeys(secretKeys, asAddress(`${name}@${hostileDomain}`));
  return { ...keys, fingerprint: await accountFingerprint(keys) };
}

/** Changes every entry that is listed or fetched. */
export function changedEntries(change: (entry: Entry) => Entry): Lies {
  return {
    entries: (honest) => async (account, ids) =>
      (await honest.entries(account, ids)).map((entry) => entry && change(entry)),
    list: (honest) => async (query) => {
      const page = await honest.list(query);
      return { ...page, entries: page.entries.map(change) };
    },
  };
}

/** Changes the sealed body of what is fetched, as a whole. */
export function changedBody(change: (body: Uint8Array) => Uint8Array): Lies {
  return {
    body: (honest) =>
      async function* (account, id) {
        const chunks = await Array.fromAsync(honest.body(account, id));
        const body = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
        let at = 0;
        for (const chunk of chunks) {
          body.set(chunk, at);
          at += chunk.length;
        }
        yield* cut(change(body));
      },
  };
}

function* cut(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += 64 * 1024) yield body.slice(at, at + 64 * 1024);
}

/** Flips one bit. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}
