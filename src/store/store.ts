/**
 * What mailctl keeps, and the promises every back end makes: each method is one transaction, durable when its
 * promise resolves, and lets no driver error or row out. Times and ids of requests come from the caller, who takes
 * times from `now`.
 * Bytes handed in belong to the store, which may detach large ones: never use or hand in the same again, not even
 * to repeat a call. Bytes handed out belong to the caller. An account id that does not exist is a defect, not an answer.
 * What a method promises besides stands in the interface of its subject: a use case depends on those it needs.
 */
import type { LoginKey } from "../model/digests.ts";
import type { Account, AccountRate, AccountStore } from "./account_store.ts";
import type { AdministrationStore } from "./administration_store.ts";
import type { AliasStore } from "./alias_store.ts";
import type { AppPasswordStore } from "./app_password_store.ts";
import type { AppendStore } from "./append_store.ts";
import type { BlockStore } from "./block_store.ts";
import type { BodyStore } from "./body_store.ts";
import type { BounceStore } from "./bounce_store.ts";
import type { CredentialStore } from "./credential_store.ts";
import type { DeviceStore } from "./device_store.ts";
import type { FailedLoginStore } from "./failed_login_store.ts";
import type { FilingStore } from "./filing_store.ts";
import type { HeldStore } from "./held_store.ts";
import type { InboundStore } from "./inbound_store.ts";
import type { InviteStore } from "./invite_store.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import type { OutlineStore } from "./outline_store.ts";
import type { ProcessStore } from "./process_store.ts";
import type { RequestKey, RequestStore } from "./request_store.ts";
import type { RetentionStore } from "./retention_store.ts";
import type { SendStore } from "./send_store.ts";
import type { WatchStore } from "./watch_store.ts";

/** How busy a store is, and how long its commits took since it was opened. */
export interface StoreLoad {
  /** Writes that wait for the commit before theirs. */
  readonly waiting: number;
  /** Commits by how long they took, in rising order; the last bound is Infinity. */
  readonly commits: readonly { readonly withinSeconds: number; readonly count: number }[];
  /** Of all commits together. */
  readonly commitSeconds: number;
  /** How often what other processes use as well was hard to reach, since the store was opened. Absent: nobody else does. */
  readonly shared?: {
    /** It takes reads and writes. */
    readonly isUp: boolean;
    /** Calls wait too long, and nothing that was asked for has been committed since. */
    readonly isStuck: boolean;
    /** Tries of calls beyond the first. */
    readonly retries: number;
    /** Changes of the host that takes writes. */
    readonly failovers: number;
    /** Times that the connection for hints was made again. */
    readonly reconnects: number;
  };
}

/** An account as a session of it knows it. */
export interface Actor extends Pick<Account, "id" | "epoch"> {
  /** The device that logged in: the session is over once it was revoked. Absent: the account's own password did. */
  readonly device?: LoginKey;
  /** What the session asks for, where that changes something: see `Store.under`. */
  readonly request?: RequestKey | undefined;
}

/** What else holds for the calls of a session: one of these, the same object for the same. */
export interface SessionTerms {
  /** What each change takes a try of. */
  readonly rate?: AccountRate | undefined;
  /** Until when no read may find anything due: milliseconds since 1970. */
  readonly asOf?: (() => number) | undefined;
}

/** For whom something is done. */
export interface Cause extends SessionTerms {
  /** In whose session; null: in nobody's. */
  readonly actor: Actor | null;
  /** Null: what may not be done twice is not asked for by anybody. */
  readonly request: RequestKey | null;
}

/** For whom whatever is done by itself is done. */
export const nobody: Cause = { actor: null, request: null };

/** Whose store it is. */
export interface Identity {
  /** 32 bytes made with the store and kept with it. */
  readonly secret: Uint8Array;
  /** That its accounts live in. */
  readonly domain: string;
}

export interface Store
  extends
    AccountStore,
    AdministrationStore,
    AliasStore,
    InviteStore,
    CredentialStore,
    FailedLoginStore,
    AppPasswordStore,
    DeviceStore,
    BlockStore,
    BodyStore,
    SendStore,
    InboundStore,
    AppendStore,
    HeldStore,
    BounceStore,
    RetentionStore,
    MailboxStore,
    FilingStore,
    OutlineStore,
    ProcessStore,
    RequestStore,
    WatchStore {
  identity(): Promise<Identity>;
  /**
   * The store as a session sees it: every call is refused, changing nothing, where the account's epoch is another by
   * now, or its device is none any more. It is looked at in the transaction of the call, so that a session ends whatever process it runs in.
   *
   * A change takes a try of the `rate` in its transaction, by the store's clock: all processes together do no more than
   * that allows. What fails takes none, and a repeat may or may not. A store that one process alone has counts nothing,
   * because the limits of its server are enough. A read `asOf` a time fails where mail of the account has expired by
   * then, or mail of anybody is to be delivered.
   * @throws {MailError} `unavailable`, `try_later` over the rate, `DueFirst`: what is returned does
   */
  as(actor: Actor, terms?: SessionTerms): Store;
  /**
   * The store for one request. What it changes first is kept with the result, in one transaction; whatever is to be
   * changed under the same id later is not done, and has that result, whoever's session is over by then. The last
   * requests of an account are known for a time: `keptRequests`.
   * @throws {MailError} `conflict` where the id was that of another call: what is returned does
   */
  under(request: RequestKey): Store;
  load(): StoreLoad;
  /** Finishes what is queued, then lets go of everything. */
  close(): Promise<void>;
}
