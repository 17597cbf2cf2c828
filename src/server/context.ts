/** What every conversation of one server shares, put together from its options. */
import type { ServerKey } from "../crypto/session/handshake.ts";
import type { AccountName } from "../model/address.ts";
import type { AccountId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { type AccountEvent, Accounts } from "../service/accounts.ts";
import { Administration } from "../service/administration.ts";
import { Aliases } from "../service/aliases.ts";
import { AppPasswords } from "../service/app_passwords.ts";
import { Blocking } from "../service/blocking.ts";
import { addressGroup, isLocal } from "../service/client_address.ts";
import { Credentials } from "../service/credentials.ts";
import { Devices } from "../service/devices.ts";
import { Directory, type DirectoryPolicy } from "../service/directory.ts";
import { DueWork } from "../service/due_work.ts";
import { Filings } from "../service/filing.ts";
import { InboundMail } from "../service/inbound_mail.ts";
import { Invites, type Registration } from "../service/invites.ts";
import { Mail, sealedBodyBytes } from "../service/mail.ts";
import { RateLimiter } from "../service/rate_limit.ts";
import { RetentionSweep } from "../service/retention_sweep.ts";
import { UploadBudget } from "../service/upload_budget.ts";
import { Watch } from "../service/watch.ts";
import type { Quota } from "../store/administration_store.ts";
import type { Store } from "../store/store.ts";
import type { ServerSuccession } from "../wire/layouts.ts";
import { ConnectionTable } from "./connection_table.ts";
import { DueTimer } from "./due_timer.ts";
import { type Handlers, makeHandlers } from "./handlers.ts";
import type { Log } from "./log.ts";
import { countingLog, Metrics } from "./metrics.ts";
import { type ServerLimits, serverLimits } from "./server_limits.ts";

export interface ConversationContext {
  readonly key: ServerKey;
  readonly handlers: Handlers;
  readonly store: Store;
  readonly table: ConnectionTable;
  /** What falls due by itself. */
  readonly dueWork: DueWork;
  /** Does it in time; started by whoever serves. */
  readonly dueTimer: DueTimer;
  readonly limits: ServerLimits;
  /** The most that one sealed body may have now. */
  readonly maxSealedBytes: () => number;
  /** What all uploads of one account that wait for their send may have. */
  readonly uploadBudget: UploadBudget;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds since any moment; never set back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Counts a connection, before its TLS handshake costs anything. @throws {MailError} `try_later` */
  readonly admitHandshake: (address: string) => void;
  readonly administration: Administration;
  readonly aliases: Aliases;
  readonly appPasswords: AppPasswords;
  readonly inboundMail: InboundMail;
  readonly accounts: Accounts;
  readonly domain: string;
  /** Bytes of content that one message may have now. */
  readonly maxMessageBytes: () => number;
  readonly invites: Invites;
}

export interface ContextOptions {
  readonly store: Store;
  readonly key: ServerKey;
  /** How the key came to be what it is. */
  readonly successions?: (() => readonly ServerSuccession[]) | undefined;
  readonly log: Log;
  readonly software: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since any moment. Never set back, so that a rate that was used up comes back in time. */
  readonly clock: () => number;
  /** Asked each time: it may change while the server runs. */
  readonly maxMessageBytes?: (() => number) | undefined;
  /** How long mail is kept; null: for ever. Asked each time, as the other. */
  readonly keepMs?: (() => number | null) | undefined;
  /** Who may make an account. */
  readonly registration: Registration;
  /** What accounts are told of others; `exact` unless it is said. */
  readonly directory?: DirectoryPolicy | undefined;
  /** What a mailbox may hold that has no quota of its own; no bound where there is none. */
  readonly quota?: Quota | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
}

/** Puts the services of one server together. */
export async function makeContext(options: ContextOptions): Promise<ConversationContext> {
  const { secret, domain } = await options.store.identity();
  const basis = makeBasis(options, domain, await serverLimits(options.limits ?? {}));
  const services = makeServices(options, basis, secret);
  const { limiter, metrics } = basis;
  await services.accounts.tries.goOn();
  return {
    ...basis,
    ...services,
    key: options.key,
    handlers: makeHandlersOf(options, basis, services),
    administration: makeAdministration(basis, services),
    log: countingLog(options.log, metrics),
    clock: options.clock,
    admitHandshake: (address) => limiter.take([handshakeBucket(address)]),
  };
}

/** What all services are made with. */
interface Basis {
  readonly store: Store;
  readonly domain: string;
  readonly now: () => number;
  readonly quota: Quota;
  readonly limiter: RateLimiter;
  readonly metrics: Metrics;
  readonly limits: ServerLimits;
  readonly table: ConnectionTable;
  readonly maxMessageBytes: () => number;
  readonly maxSealedBytes: () => number;
  readonly uploadBudget: UploadBudget;
}

function makeBasis(options: ContextOptions, domain: string, bounds: ServerLimits): Basis {
  const { store, now, quota = noQuota, maxMessageBytes = () => limits.maxMessageBytes } = options;
  const maxSealedBytes = () => sealedBodyBytes(maxMessageBytes());
  return {
    store,
    domain,
    now,
    quota,
    limiter: new RateLimiter(options.clock),
    metrics: new Metrics(),
    limits: bounds,
    table: new ConnectionTable(bounds),
    maxMessageBytes,
    maxSealedBytes,
    uploadBudget: new UploadBudget(() =>
      quota.maxBytes === 0 ? 0 : Math.max(quota.maxBytes, waitingUploads * maxSealedBytes())
    ),
  };
}

type Services = ReturnType<typeof makeServices>;

/** `secret`: the server's own, for answers about names that nobody has. */
function makeServices(options: ContextOptions, basis: Basis, secret: Uint8Array) {
  const { store, domain, now, quota, limiter, metrics } = basis;
  const invites = new Invites(store, options.registration, now);
  const onChange = (change: AccountEvent, account: AccountName, address: string) =>
    options.log.info(change, { account, address });
  const accounts = new Accounts({ store, secret, domain, limiter, invites, now, onChange });
  const retentionSweep = new RetentionSweep(store, now, options.keepMs ?? (() => null));
  const dueWork = new DueWork(store, now, { retentionSweep, quota });
  const mail = new Mail(store, now, { quota, limiter, dueWork });
  const onStored = () => {
    metrics.count("messages_total");
    metrics.count("smtp_messages_total");
  };
  return {
    invites,
    aliases: new Aliases(store, domain),
    accounts,
    dueWork,
    dueTimer: new DueTimer(dueWork, options.log),
    credentials: new Credentials(store, domain, accounts),
    appPasswords: new AppPasswords(store, accounts, now),
    devices: new Devices(store, accounts, now),
    blocking: new Blocking({ store, accounts, domain, limiter, now }),
    mail,
    filings: new Filings({ store, mail, quota, limiter, dueWork }),
    inboundMail: new InboundMail({ ...basis, budget: basis.uploadBudget, onStored }),
  };
}

function makeHandlersOf(options: ContextOptions, basis: Basis, services: Services): Handlers {
  const { store, table, metrics } = basis;
  const { software, successions = () => [], directory: policy = "exact" } = options;
  const sessionsOf = (account: AccountId) => table.sessionsOf(account);
  return makeHandlers({
    ...basis,
    ...services,
    watch: new Watch(store, services.mail),
    directory: new Directory({ store, policy, sessionsOf }),
    software,
    successions,
    onStored: () => metrics.count("messages_total"),
    onHeld: () => services.dueTimer.look(),
  });
}

function makeAdministration(basis: Basis, services: Services): Administration {
  const { table } = basis;
  const { accounts, appPasswords, dueWork } = services;
  return new Administration({
    ...basis,
    sessionsOf: (account) => table.sessionsOf(account),
    endSessions: (account) => {
      table.closeAccount(account);
      void appPasswords.checkAgain(account);
    },
    endAccount: (account) => accounts.end(account),
    runDue: () => dueWork.runSome(),
  });
}

/** As many large bodies of an account may always be under way, however small mailboxes are. */
const waitingUploads = 4;

const noQuota: Quota = { maxBytes: 0, maxMessages: 0 };

function handshakeBucket(address: string) {
  const rate = isLocal(address) ? "handshakeByMachine" : "handshakeByAddress";
  return { rate, key: addressGroup(address) } as const;
}
