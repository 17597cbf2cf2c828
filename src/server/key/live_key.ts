/**
 * The key that this process shows, which is that of all processes of the store. Where one has begun to show another, no
 * other may show the one before: clients that have followed would take it for a stranger. So each shows a key only for
 * as long as nobody can have changed, by what the store said last, and nothing for the moment of a change.
 */
import type { ServerKey } from "../../crypto/session/handshake.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { bestEffort } from "../../model/promises.ts";
import { inTime } from "../../net/deadline.ts";
import { keyLeadMs, type NextKey, type ProcessStore } from "../../store/process_store.ts";
import type { ServerSuccession } from "../../wire/layouts.ts";
import type { Log } from "../log.ts";
import { logFailure } from "../store_trouble.ts";
import { openClaimed } from "./claim_key.ts";
import type { IdentityOptions, ServerIdentity } from "./identity.ts";
import { KeyFolder } from "./key_folder.ts";
import { adoptSuccessor, makeSuccessor, type Successor, withStep } from "./key_rotation.ts";
import { openSealed, sealFor } from "./open_successor.ts";
import { importKept, type KeptKey, keyFile, loadKey, readKey } from "./server_key.ts";

const lookMs = 10_000;
const soonMs = 1_000;
/** Before and after a change, none is shown for so long: clocks drift, and a hello takes time to make. */
const guardMs = 1_000;
/** Far longer than none is shown at a change: then the store is away, and nobody is to wait for it. */
const longestChangeMs = 5_000;

interface Shown {
  readonly kept: KeptKey;
  readonly key: ServerKey;
  readonly fingerprint: ServerFingerprint;
  readonly successions: readonly ServerSuccession[];
}

/** A successor that can be shown. */
interface Next {
  readonly shown: Shown;
  readonly successor: Successor;
}

/** A key, and from when it is shown in milliseconds since 1970. */
type Coming = Pick<NextKey, "fingerprint" | "startsAt">;

export class LiveKey {
  /** Who the server was when it started. */
  readonly identity: ServerIdentity;
  readonly #store: ProcessStore;
  readonly #folder: KeyFolder;
  readonly #log: Log;
  readonly #isShared: boolean;
  #shown: Shown;
  #next: Next | null = null;
  /** When the change is, as the store said it. */
  #startsAt: number | null = null;
  /** Until when the key may be shown, by `performance.now()`. */
  #until = Infinity;
  /** Those that the store does not know to have changed. */
  #unnoted: readonly [ServerFingerprint, ServerFingerprint] | null = null;
  #moved = Promise.withResolvers<void>();
  #looking: Promise<void> | null = null;
  #adopting: Promise<void> = Promise.resolve();
  #rotating: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #change: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  readonly #stopWatching: () => void;

  private constructor(
    store: ProcessStore,
    { folder, log, identity, kept, isShared }: {
      readonly folder: KeyFolder;
      readonly log: Log;
      readonly identity: ServerIdentity;
      readonly kept: KeptKey;
      readonly isShared: boolean;
    },
  ) {
    const { key, fingerprint, successions } = identity;
    this.identity = identity;
    this.#store = store;
    this.#folder = folder;
    this.#log = log;
    this.#shown = { kept, key, fingerprint, successions };
    this.#isShared = isShared;
    if (isShared) this.#until = 0; // the first look tells
    this.#stopWatching = store.watchKey(() => this.#lookSoon(0));
  }

  /** Opens the server's keys as `openClaimed` does. @throws {MailError} as that */
  static async open(store: ProcessStore, options: IdentityOptions, log: Log): Promise<LiveKey> {
    const identity = await openClaimed(store, options);
    const folder = await KeyFolder.open(options.folder);
    const kept = (await readKey(folder, keyFile))!;
    if (!equalBytes(kept.spki, identity.key.spki)) { // another server of the folder has changed it
      return await LiveKey.open(store, { ...options, rotateKey: false }, log);
    }
    const isShared = await store.shownKey() !== null;
    const live = new LiveKey(store, { folder, log, identity, kept, isShared });
    if (isShared) await live.#look();
    return live;
  }

  get fingerprint(): ServerFingerprint {
    return this.#shown.fingerprint;
  }

  get successions(): readonly ServerSuccession[] {
    return this.#shown.successions;
  }

  /**
   * Resolves with the key once one may be shown.
   * @throws {MailError} `unavailable` when the server stops before, or that takes longer than `waitMs`
   */
  async take(waitMs = longestChangeMs): Promise<ServerKey> {
    if (performance.now() < this.#until) return this.#shown.key;
    try {
      return await inTime(this.#whenShown(), waitMs);
    } catch (error) {
      if (!(error instanceof Deno.errors.TimedOut)) throw error;
      throw new MailError("unavailable", "Cannot begin a session: the key may have changed");
    }
  }

  async #whenShown(): Promise<ServerKey> {
    while (performance.now() >= this.#until) {
      if (this.#isStopped) {
        throw new MailError("unavailable", "Cannot begin a session: the server is stopping");
      }
      await this.#moved.promise;
    }
    return this.#shown.key;
  }

  /**
   * Gives the key a successor, unless it has one that is to come. A process that is alone changes to it at once.
   * @throws {MailError} `try_later` during a change, `configuration` where the key folder cannot be written
   */
  async rotate(): Promise<Coming> {
    if (this.#isShared) return await this.#rotateShared();
    const turn = this.#rotating.then(() => this.#rotateAlone());
    this.#rotating = bestEffort(turn); // whoever asked for it hears
    return await turn;
  }

  async #rotateShared(): Promise<Coming> {
    const { kept, fingerprint } = this.#shown;
    const successor = await makeSuccessor(kept, this.#store.now());
    await this.#store.addNextKey(fingerprint, await sealFor(kept, successor));
    const next = await this.#store.nextKey({ shown: fingerprint, ready: this.#ready });
    if (next !== null && equalBytes(fingerprint, this.fingerprint)) return next;
    throw new MailError("try_later", "Cannot change the server's key: it is being changed");
  }

  /** What the folder has is what is shown: nobody else would know of the successor. */
  async #rotateAlone(): Promise<Coming> {
    const startsAt = this.#store.now();
    const successor = await makeSuccessor(this.#shown.kept, startsAt);
    const shown = await this.#following(await importKept(successor.pkcs8), successor);
    await adoptSuccessor(this.#folder, successor);
    this.#shown = shown;
    this.#tellChange();
    return { fingerprint: shown.fingerprint, startsAt };
  }

  /** Resolves once the key folder has what is shown. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopWatching();
    clearTimeout(this.#timer);
    clearTimeout(this.#change);
    this.#tell();
    await this.#adopting;
    await this.#rotating;
  }

  get #ready(): ServerFingerprint | null {
    return this.#next?.shown.fingerprint ?? null;
  }

  #tell(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  #lookSoon(ms: number): void {
    if (this.#isStopped || !this.#isShared) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), ms);
    Deno.unrefTimer(Number(this.#timer));
  }

  async #look(): Promise<void> {
    await this.#looking; // what it says may be older than the hint
    this.#looking = this.#lookOnce().finally(() => this.#looking = null);
    await this.#looking;
  }

  /** Never throws: the next time tells. */
  async #lookOnce(): Promise<void> {
    let againMs = soonMs;
    try {
      const askedAt = performance.now();
      const { fingerprint: shown } = this.#shown;
      const next = await this.#store.nextKey({ shown, ready: this.#ready });
      const heardAt = performance.now();
      if (equalBytes(shown, this.fingerprint)) { // else it changed meanwhile
        againMs = await this.#hear(next, askedAt, heardAt);
      }
      await this.#note();
    } catch (error) {
      if (this.#isStopped) return;
      logFailure(this.#log, "server key", error);
    }
    this.#lookSoon(againMs);
  }

  /** Returns when to look again. */
  async #hear(next: NextKey | null, askedAt: number, heardAt: number): Promise<number> {
    if (next === null) {
      this.#show(askedAt + keyLeadMs - guardMs);
      return lookMs;
    }
    const until = askedAt + next.startsInMs - guardMs;
    const isMoved = next.startsAt !== this.#startsAt;
    this.#startsAt = next.startsAt;
    if (isMoved) clearTimeout(this.#change);
    this.#show(isMoved ? until : Math.min(until, this.#until));
    if (this.#ready === null || !equalBytes(this.#ready, next.fingerprint)) {
      this.#next = await this.#open(next);
      return 0;
    }
    if (next.isFinal) {
      const nextUntil = askedAt + next.startsInMs + keyLeadMs - guardMs; // its own successor comes later
      this.#changeAt(heardAt + next.startsInMs + guardMs, nextUntil);
    }
    return Math.max(soonMs, Math.min(lookMs, next.startsInMs / 2));
  }

  #show(until: number): void {
    this.#until = until;
    this.#tell();
  }

  async #open(next: NextKey): Promise<Next> {
    const { kept, successor } = await openSealed(this.#shown.kept, next);
    return { shown: await this.#following(kept, successor), successor };
  }

  async #following(kept: KeptKey, { step }: Successor): Promise<Shown> {
    const successions = withStep(this.successions, step);
    return { kept, key: await loadKey(kept), fingerprint: step.successor, successions };
  }

  #tellChange(): void {
    this.#log.info("server key changed", { fingerprint: this.fingerprint.toHex() });
  }

  #changeAt(at: number, nextUntil: number): void {
    clearTimeout(this.#change);
    if (this.#isStopped) return;
    const waitMs = Math.max(0, at - performance.now());
    this.#change = setTimeout(() => this.#changeNow(nextUntil), waitMs);
  }

  #changeNow(until: number): void {
    const { shown, successor } = this.#next!;
    this.#unnoted = [this.fingerprint, shown.fingerprint];
    this.#shown = shown;
    [this.#next, this.#startsAt] = [null, null];
    this.#show(until);
    this.#tellChange();
    this.#lookSoon(0);
    this.#adopting = adoptSuccessor(this.#folder, successor)
      .catch((error) => this.#log.error("server key", error)); // the next start follows once more
  }

  async #note(): Promise<void> {
    if (this.#unnoted === null) return;
    await this.#store.followKey(...this.#unnoted);
    this.#unnoted = null;
  }
}
