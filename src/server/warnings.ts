/** What an operator should change, although the server runs: told in the log. */
import { validityOf } from "../crypto/certificate.ts";
import type { Quota } from "../store/administration_store.ts";
import { shares } from "../store/rules/quota.ts";
import type { Log } from "./log.ts";

const dayMs = 24 * 3600 * 1000;

/** Clients refuse a certificate by the clock: tells so when it is shown, and once a day as long as it is. */
export class CertificateWatch {
  readonly #log: Log;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `now`: milliseconds since 1970. */
  constructor(log: Log, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  /** Looks at the first of a chain, in the place of the one before. */
  async show(certificate: string): Promise<void> {
    this.stop();
    this.#timer = setTimeout(() => void this.show(certificate), dayMs);
    Deno.unrefTimer(Number(this.#timer));
    const [{ from, until }, now] = [await validityOf(certificate), this.#now()];
    if (now > until) this.#log.warning("certificate expired", { until: isoTime(until) });
    if (now < from) this.#log.warning("certificate not valid yet", { from: isoTime(from) });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** What a clock may be set by without a word, in milliseconds: time servers do it. */
const setMs = 60_000;

/** Tells that the clock was set while the server runs, or that the machine slept: mail with a time goes by it. */
export class ClockWatch {
  readonly #log: Log;
  /** Milliseconds since 1970. */
  readonly #now: () => number;
  /** The same since any moment, never set back. */
  readonly #clock: () => number;
  #aheadMs: number;

  constructor(log: Log, now: () => number, clock: () => number) {
    [this.#log, this.#now, this.#clock] = [log, now, clock];
    this.#aheadMs = now() - clock();
  }

  look(): void {
    const aheadMs = this.#now() - this.#clock();
    const ms = aheadMs - this.#aheadMs;
    this.#aheadMs = aheadMs;
    if (Math.abs(ms) > setMs) this.#log.warning("clock set", { seconds: Math.round(ms / 1000) });
  }
}

/** The longest messages fit into no mailbox of another account. */
export function warnOfQuota(log: Log, quota: Quota | undefined, maxMessageBytes: number): void {
  const share = (quota?.maxBytes ?? 0) * shares.account;
  if (share > 0 && maxMessageBytes > share) {
    log.warning("quota too small", { maxMessageBytes, shareBytes: share });
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
