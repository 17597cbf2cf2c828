/** Runs the page from its first link to its end. */
import { loadSyncCrypto } from "../../crypto/load_sync_crypto.ts";
import { limits } from "../../model/limits.ts";
import { aborted } from "../../net/deadline.ts";
import { makeApp } from "./app.tsx";
import type { AccessChecks } from "./guard.ts";
import { listen } from "./listen.ts";
import { PageSession, type ProposedLogin } from "./state/page_session.ts";
import { newWord, Visitors } from "./visitors.ts";

export interface WebOptions {
  readonly login: ProposedLogin;
  /** 0: any free one. */
  readonly port: number;
  /** Ends the page. */
  readonly signal: AbortSignal;
  /** Hears that the page is there; makes links that let in once, within so many milliseconds. */
  readonly onReady: (link: (validMs: number) => string) => Promise<void> | void;
  readonly onDefect: (error: unknown) => void;
  readonly idleMs?: number;
}

/** Serves the page until it is told to end, or nobody used it for long. @throws {MailError} `unavailable` */
export async function serveWeb(options: WebOptions): Promise<void> {
  await loadSyncCrypto();
  const { login, port, signal, onReady, onDefect, idleMs = limits.pageIdleTimeoutMs } = options;
  const visitors = new Visitors(() => performance.now());
  let authority = "";
  const checks: AccessChecks = {
    visitors,
    authority: () => authority,
    prefix: `/${newWord().slice(0, 22)}`,
    onLetIn: () => idle.touch(),
  };
  const session = new PageSession(login);
  const app = makeApp({ session, checks, onDefect });
  const idle = new Idle(idleMs, () => session.hub.size > 0);
  const listening = listen(port, (request, answering) => app.fetch(request, answering));
  authority = listening.authority;
  try {
    await onReady(
      (validMs) => `http://${authority}${checks.prefix}/enter?word=${visitors.invite(validMs)}`,
    );
    await Promise.race([aborted(signal), idle.over]);
  } finally {
    idle.close();
    session.close();
    await listening.close();
  }
}

/** Tells when nothing was asked for, and no page open, for long. */
class Idle {
  readonly over: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();

  constructor(idleMs: number, isBusy: () => boolean) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#timer = setInterval(
      () => {
        if (isBusy()) this.touch();
        else if (performance.now() - this.#last >= idleMs) resolve();
      },
      Math.max(50, idleMs / 60),
    );
  }

  touch(): void {
    this.#last = performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
