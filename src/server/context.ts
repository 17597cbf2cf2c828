/** What every conversation of one server shares, put together from its options. */
import type { ServerKey } from "../crypto/handshake.ts";
import { limits } from "../model/limits.ts";
import { Accounts } from "../service/accounts.ts";
import { Credentials } from "../service/credentials.ts";
import { addressGroup, isLocal } from "../service/client_address.ts";
import { Mail, sealedBodyBytes } from "../service/mail.ts";
import { RateLimiter } from "../service/rate_limit.ts";
import type { Store } from "../store/store.ts";
import { ConnectionTable } from "./connection_table.ts";
import { type Handlers, makeHandlers } from "./handlers.ts";
import type { Log } from "./log.ts";
import { type ServerLimits, serverLimits } from "./server_limits.ts";

export interface ConversationContext {
  readonly key: ServerKey;
  readonly handlers: Handlers;
  readonly store: Store;
  readonly table: ConnectionTable;
  readonly limits: ServerLimits;
  /** The most that one sealed body may have. */
  readonly maxSealedBytes: number;
  readonly log: Log;
  /** Milliseconds since any moment; never set back. */
  readonly clock: () => number;
  /** Counts a handshake. @throws {MailError} `try_later` */
  readonly admitHandshake: (address: string) => void;
}

export interface ContextOptions {
  readonly store: Store;
  readonly key: ServerKey;
  readonly log: Log;
  readonly software: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly maxMessageBytes?: number | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
}

/** Puts the services of one server together. */
export async function makeContext(options: ContextOptions): Promise<ConversationContext> {
  const { store, key, log, software, now, maxMessageBytes = limits.maxMessageBytes } = options;
  const { secret, domain } = await store.identity();
  const limiter = new RateLimiter(now);
  const accounts = new Accounts({ store, secret, domain, limiter, now });
  const credentials = new Credentials(store, domain, accounts);
  const mail = new Mail(store, now);
  const bounds = await serverLimits(options.limits ?? {});
  return {
    key,
    handlers: makeHandlers({ accounts, credentials, mail, domain, maxMessageBytes, now, software }),
    store,
    table: new ConnectionTable(bounds),
    limits: bounds,
    maxSealedBytes: sealedBodyBytes(maxMessageBytes),
    log,
    clock: () => performance.now(),
    admitHandshake: (address) => limiter.take([handshakeBucket(address)]),
  };
}

function handshakeBucket(address: string) {
  const rate = isLocal(address) ? "handshakeByMachine" : "handshakeByAddress";
  return { rate, key: addressGroup(address) } as const;
}
