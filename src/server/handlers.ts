/** What answers each operation: one line a row of wire/operations.ts. A missing one does not compile. */
import type { AccountName } from "../model/address.ts";
import type { LoginKey } from "../model/digests.ts";
import type { Accounts } from "../service/accounts.ts";
import type { AppPasswords } from "../service/app_passwords.ts";
import type { Blocking } from "../service/blocking.ts";
import type { Entrance, LoginClaim, SessionOrigin } from "../service/claims.ts";
import type { Credentials } from "../service/credentials.ts";
import type { Devices } from "../service/devices.ts";
import type { Directory } from "../service/directory.ts";
import type { DueWork } from "../service/due_work.ts";
import type { Filings } from "../service/filing.ts";
import type { Mail } from "../service/mail.ts";
import { MailOfSenders } from "../service/mail_of_senders.ts";
import type { Uploads } from "../service/upload.ts";
import type { Watch } from "../service/watch.ts";
import { notAllowed } from "../session/state.ts";
import type { Account } from "../store/account_store.ts";
import type { Device } from "../store/device_store.ts";
import type { RequestKey } from "../store/request_store.ts";
import type { Actor } from "../store/store.ts";
import type { AccountState, ServerSuccession } from "../wire/layouts.ts";
import type { OperationName, operations, ReplyOf, RequestOf } from "../wire/operations.ts";

/** Who asks: one session. */
export interface Caller extends SessionOrigin {
  readonly uploads: Uploads;
  /** Does work that may take long: its signal says when it has to come to an end. See LongPoll. */
  waitForNews<T>(work: (over: AbortSignal) => Promise<T>): Promise<T>;
  /** The token of the invite that a registration in this session uses. */
  invite: Uint8Array | null;
  /** Who is logged in, with the request that is carried out. @throws {MailError} `denied` before a login */
  account(): Account & Pick<Actor, "request">;
  /** The request that is carried out, where it is that of an account by its name. */
  requestOf(account: AccountName): RequestKey;
  /** @throws {MailError} `denied` after a login */
  requireNoAccount(): void;
  /** The device that this session was entered by; null: it was the password. */
  device(): Device | null;
  /** Whose mail this session may read; null: everybody's. */
  senders(): readonly AccountName[] | null;
  /** @throws {MailError} `denied` after a login to another account */
  logIn(entrance: Entrance): void;
  /** Ends every other session of this account, and lets this one do no more as it. */
  logOutEverywhere(): void;
  /** From now on the session has its account as it is after a change. */
  renew(account: Account & Pick<Actor, "request">): void;
  /** Ends every other session of the account. */
  endOthers(): void;
  /** Ends every other session that was entered by a device of the account. */
  endDevice(key: LoginKey): void;
}

/** A stream that comes in. One of `finish` and `discard` is called, once. */
export interface UploadSink<Reply> {
  append(bytes: Uint8Array): Promise<void>;
  finish(): Promise<Reply>;
  discard(): Promise<void>;
}

/** A reply, and the stream that goes out after it. */
export interface DownloadReply<Reply> {
  readonly reply: Reply;
  readonly body: AsyncIterable<Uint8Array>;
}

type Answer<N extends OperationName> = (typeof operations)[N]["stream"] extends "up"
  ? UploadSink<ReplyOf<N>>
  : (typeof operations)[N]["stream"] extends "down" ? DownloadReply<ReplyOf<N>>
  : ReplyOf<N>;

type Handler<N extends OperationName> = (
  request: RequestOf<N>,
  caller: Caller,
) => Promise<Answer<N>>;

export type Handlers = { readonly [N in OperationName]: Handler<N> };

export interface Services {
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly appPasswords: AppPasswords;
  readonly devices: Devices;
  readonly blocking: Blocking;
  readonly mail: Mail;
  readonly filings: Filings;
  readonly watch: Watch;
  readonly directory: Directory;
  readonly dueWork: DueWork;
  readonly domain: string;
  /** Bytes of content that one message may have now. */
  readonly maxMessageBytes: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What `ping` tells of this program. */
  readonly software: string;
  /** How the server's key came to be what it is, oldest first. */
  readonly successions: () => readonly ServerSuccession[];
  /** Hears of every message that was stored. */
  readonly onStored: () => void;
  /** Hears of every message that waits for its time. */
  readonly onHeld: () => void;
}

/** Makes the table of handlers over the use cases. */
export function makeHandlers(services: Services): Handlers {
  const {
    accounts,
    credentials,
    appPasswords,
    devices,
    blocking,
    mail,
    filings,
    watch,
    directory,
    dueWork,
    domain,
  } = services;
  const { maxMessageBytes, now, software, successions, onStored, onHeld } = services;
  const enter = (entrance: Entrance, caller: Caller): AccountState => {
    caller.logIn(entrance);
    const { account, device } = entrance;
    const { sealedKeys } = device ?? account;
    return { ...account, sealedKeys, domain, maxMessageBytes: maxMessageBytes() };
  };
  /** The name and the id are all that is left to know the owner by, once it is closed. */
  const close = async (claim: LoginClaim, caller: Caller): Promise<void> => {
    try {
      const entrance = await accounts.login(claim, caller);
      if (entrance.device !== null) throw notAllowed(entrance.device.scope);
      caller.logIn(entrance);
      await accounts.close(caller.account(), caller.address);
      caller.logOutEverywhere();
    } catch (error) {
      if (!await accounts.wasCarriedOut(caller.requestOf(claim.name))) throw error; // meanwhile
    }
  };
  const readerOf = (caller: Caller) => {
    const senders = caller.senders();
    return { senders, mail: senders === null ? mail : new MailOfSenders(mail, senders) };
  };
  return {
    ping: () => Promise.resolve({ software, time: now() }),
    domain: () => Promise.resolve({ domain }),
    serverSuccessions: () => Promise.resolve({ steps: successions() }),
    passwordParameters: ({ name }) => accounts.passwordParameters(name),
    register: async (q, c) => {
      c.requireNoAccount(); // before one is made
      const use = { invite: c.invite, request: c.requestOf(q.name) };
      return enter(await accounts.register(q, c, use), c);
    },
    useInvite: async ({ token }, c) => {
      await accounts.checkInvite(token);
      c.invite = token;
      return {};
    },
    login: async (q, c) => enter(await accounts.login(q, c), c),
    lookUp: async ({ names }, c) => ({ found: await accounts.lookUp(c.account(), names) }),
    list: (query, c) => readerOf(c).mail.list(c.account(), query),
    saveSummaries: (q, c) => done(readerOf(c).mail.saveSummaries(c.account(), q, c.address)),
    look: async ({ ids }, c) => ({ entries: await readerOf(c).mail.look(c.account(), ids) }),
    fetch: async ({ id }, c) => downloadReply(await readerOf(c).mail.fetch(c.account(), id)),
    upload: async (_, c) => uploadSink(await c.uploads.begin(c.account()), c.uploads),
    send: async (message, c) => {
      const sent = await mail.send(c.account(), message, c.uploads, c.address);
      if (!sent.repeated) onStored();
      return sent;
    },
    submit: async (message, c) => {
      const sent = await mail.submit(c.account(), message, c.uploads, c.address);
      if (!sent.repeated) onStored();
      if (sent.heldUntil !== null) onHeld();
      return sent;
    },
    append: async (message, c) => {
      const stored = await mail.append(c.account(), message, c.uploads, c.address);
      if (!stored.repeated) onStored();
      return stored;
    },
    findAppended: async (q, c) => ({
      ids: await mail.findAppended(c.account(), q.idempotencyKeys),
    }),
    bounced: ({ ids }, c) => readerOf(c).mail.notices(c.account(), ids),
    cancel: (q, c) => done(mail.cancel(c.account(), q)),
    closeAccount: async (q, c) => {
      if (!await accounts.wasCarriedOut(c.requestOf(q.name))) await close(q, c);
      return { erased: await dueWork.runSome() };
    },
    findSend: async (q, c) => ({ id: await mail.findSend(c.account(), q.idempotencyKey) }),
    markRead: ({ read }, c) => done(readerOf(c).mail.markRead(c.account(), read)),
    delete: async (q, c) => ({ ids: await mail.delete(c.account(), q.ids, q.versions) }),
    directory: (query, c) => directory.find(c.account(), query),
    keyring: ({ known }, c) => accounts.keyring(c.account(), known),
    replaceKeyring: (update, c) => done(accounts.replaceKeyring(c.account(), update, c.address)),
    waitForMail: (q, c) => c.waitForNews((over) => watch.wait(c.account(), q, over, readerOf(c))),
    waitForRead: (q, c) =>
      c.waitForNews((over) => watch.waitForRead(c.account(), q, over, readerOf(c))),
    changes: (q, c) => filings.changes(c.account(), q, c.senders()),
    waitForChanges: (known, c) =>
      c.waitForNews((over) =>
        watch.waitForChanges(c.account(), { ...known, senders: c.senders() }, over, filings)
      ),
    file: async (q, c) => ({
      answers: await filings.file(c.account(), q.filings, c.address),
    }),
    folders: (_, c) => filings.folders(c.account()),
    replaceFolders: async (q, c) => ({
      replaced: await filings.replaceFolders(c.account(), q, c.address),
    }),
    copy: async ({ copies }, c) => ({ ids: await filings.copy(c.account(), copies, c.address) }),
    markUnread: ({ ids }, c) => done(filings.markUnread(c.account(), ids, c.senders())),
    filings: async ({ ids }, c) => ({
      entries: await filings.filings(c.account(), ids, c.senders()),
    }),
    outlines: async ({ ids }, c) => ({
      outlines: await filings.outlines(c.account(), ids, c.senders()),
    }),
    saveOutlines: (q, c) =>
      done(filings.saveOutlines(c.account(), q.outlines, c.senders(), c.address)),
    usage: (_, c) => filings.usage(c.account()),
    changePassword: async (q, c) => {
      c.renew(await credentials.changePassword(c.account(), q, c.address));
      c.endOthers();
      return {};
    },
    saveRecovery: (q, c) => done(credentials.saveRecovery(c.account(), q, c.address)),
    recovery: async (q, c) => ({ ...await credentials.recovery(q, c), domain }),
    recover: async (q, c) => {
      c.requireNoAccount();
      const state = enter(await credentials.recover(q, c, c.requestOf(q.name)), c);
      c.endOthers();
      return state;
    },
    rotateKeys: async (q, c) => {
      const { account, recoveryEnded } = await credentials.rotateKeys(c.account(), q, c.address);
      c.renew(account);
      c.endOthers(); // they would take mail to the new keys for broken
      return { recoveryEnded };
    },
    replaceSealedKeys: async (q, c) => {
      const changed = await credentials.replaceSealedKeys(c.account(), q, c.address);
      c.renew(changed.account);
      c.endOthers();
      return { recoveryEnded: changed.recoveryEnded };
    },
    successions: async ({ names }, c) => ({ lines: await credentials.lines(c.account(), names) }),
    createAppPassword: (q, c) => done(appPasswords.create(c.account(), q, c.address)),
    appPasswords: async (_, c) => ({ appPasswords: await appPasswords.list(c.account()) }),
    revokeAppPassword: async ({ label }, c) => ({
      revoked: await appPasswords.revoke(c.account(), label),
    }),
    checkAppPassword: async (q, c) => ({ holds: await appPasswords.check(c.account(), q) }),
    addDevice: (q, c) => done(devices.add(c.account(), q, c.address)),
    devices: async (_, c) => ({ devices: await devices.seenBy(c.account(), c.device()) }),
    deviceKeys: async (_, c) => ({ devices: await devices.list(c.account()) }),
    revokeDevice: async ({ label }, c) => {
      const { revoked, key } = await devices.revoke(c.account(), label);
      if (key !== null) c.endDevice(key);
      return { revoked };
    },
    endDevice: async (_, c) => {
      const device = c.device();
      const request = c.requestOf(c.account().name);
      if (device === null) return { ended: await accounts.wasCarriedOut(request) };
      const ended = await devices.end(c.account(), device.label);
      c.endDevice(device.key);
      return { ended };
    },
    block: async (q, c) => ({
      addresses: await blocking.block(c.account(), q.addresses, c.address),
    }),
    unblock: async (q, c) => ({
      addresses: await blocking.unblock(c.account(), q.addresses, c.address),
    }),
    blocked: async (_, c) => ({ blocked: await blocking.list(c.account()) }),
  };
}

async function done(work: Promise<void>): Promise<Record<never, never>> {
  await work;
  return {};
}

function downloadReply(
  { entry, body }: Awaited<ReturnType<Mail["fetch"]>>,
): DownloadReply<ReplyOf<"fetch">> {
  return { reply: { entry }, body };
}

function uploadSink(
  upload: Awaited<ReturnType<Uploads["begin"]>>,
  uploads: Uploads,
): UploadSink<ReplyOf<"upload">> {
  return {
    append: (bytes) => upload.append(bytes),
    finish: async () => {
      await upload.finish();
      return { upload: upload.id };
    },
    discard: () => uploads.discard(upload.id),
  };
}
