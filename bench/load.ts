/** A Worker that keeps sessions open and sends on them: every client waits for an answer before it sends again. */
import { randomBytes } from "../src/model/bytes.ts";
import { asIdempotencyKey } from "../src/model/digests.ts";
import { rate } from "./rate.ts";
import { openSession, type SavedLogin, type SendRequest, type Session } from "./session.ts";

/** The first thing the Worker is told. */
export interface LoadOptions {
  readonly login: SavedLogin;
  readonly clients: number;
  /** Sent again and again, each time under a key of its own. */
  readonly requests: readonly SendRequest[];
}

/** What it is told then: to send for so long. */
export interface LoadRequest {
  readonly clients: number;
  readonly milliseconds: number;
}

/** What it answers: null once it is ready, then sends a second. */
export type LoadReply = number | null;

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<LoadOptions | LoadRequest>) => Promise<void>;
  postMessage(reply: LoadReply): void;
};

port.onmessage = async ({ data }) => {
  const { login, clients, requests } = data as LoadOptions;
  const sessions: Session[] = [];
  while (sessions.length < clients) sessions.push(await openSession(login));
  port.onmessage = async ({ data }) => {
    const { clients, milliseconds } = data as LoadRequest;
    port.postMessage(await sendOn(sessions.slice(0, clients), requests, milliseconds));
  };
  port.postMessage(null);
};

async function sendOn(
  sessions: readonly Session[],
  requests: readonly SendRequest[],
  milliseconds: number,
): Promise<number> {
  let sent = 0;
  const rates = sessions.map(({ client }) =>
    rate(1, milliseconds, () => {
      const request = requests[sent++ % requests.length]!;
      return client.call("send", { ...request, idempotencyKey: asIdempotencyKey(randomBytes(32)) });
    })
  );
  return (await Promise.all(rates)).reduce((sum, each) => sum + each, 0);
}
