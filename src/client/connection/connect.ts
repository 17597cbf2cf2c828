/** How a command comes to a server: dialled, recognised, and remembered the first time. */
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { protocolVersions, type ServerHello } from "../../crypto/session/handshake.ts";
import type { Ticket } from "../../crypto/session/ticket.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { MailError, mayPass } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";
import type { Connection } from "../../net/connection.ts";
import { type Certificate, dialKnown, type DialOptions, dialUnknown } from "../../net/dial.ts";
import { changedServerHint } from "./changed_key_hints.ts";
import { Client } from "./client.ts";
import { findServer, type KnownServer, noteServer, sameServer } from "./known_servers.ts";
import { formatServer, type ServerAddress } from "./server_address.ts";
import { keepTicket, readTickets, ticketOf } from "./tickets.ts";
import { type OnUnsaved, saveOrTell } from "./unsaved.ts";

/** Where a client keeps what it knows: known servers and saved logins, 0600 in a 0700 folder. */
export interface ClientState {
  readonly folder: string;
}

export interface ConnectOptions {
  readonly state: ClientState;
  readonly server: ServerAddress;
  /** Asks a person whether an unknown server's fingerprint is right; absent off a terminal: then it is refused. */
  readonly confirmServer?: ((fingerprint: ServerFingerprint) => Promise<boolean>) | undefined;
  /** Hears that the server's key named another one as its successor, which is trusted from now on. */
  readonly onSuccession?:
    | ((step: { known: ServerFingerprint; successor: ServerFingerprint }) => void)
    | undefined;
  /** Hears what this machine should note but cannot, where the command goes on without. */
  readonly onUnsaved?: OnUnsaved | undefined;
}

/**
 * Asks about a server that nobody knows yet, and returns options that expect the one that was accepted. The question
 * may take its time: no connection waits for it.
 * @throws {MailError} `server_unknown` where the answer is no; `unavailable`
 */
export async function askAboutServer(options: ConnectOptions): Promise<ConnectOptions> {
  const { state, server, confirmServer } = options;
  const isKnown = server.fingerprint !== null ||
    await findServer(state.folder, formatServer(server)) !== null;
  if (isKnown || confirmServer === undefined) return options;
  const fingerprint = await seeFingerprint(options);
  if (await confirmServer(fingerprint)) return { ...options, server: { ...server, fingerprint } };
  throw new MailError(
    "server_unknown",
    `Cannot connect to ${formatServer(server)}: you did not accept its key`,
  );
}

async function seeFingerprint(options: ConnectOptions): Promise<ServerFingerprint> {
  const seen = Promise.withResolvers<ServerFingerprint>();
  const connection = dial(options, null).then((dialled) => dialled.connection);
  const client = new Client(connection, ({ fingerprint }) => {
    seen.resolve(fingerprint);
    return Promise.reject(serverUnknown(options.server, fingerprint)); // nothing more is said to it
  });
  client.server().catch(seen.reject);
  return await seen.promise.finally(() => client.close());
}

/** Begins a session. Does not wait for the network: the first call does, and tells what went wrong. */
export function connect(options: ConnectOptions): Client {
  const { folder } = options.state;
  const address = formatServer(options.server);
  const known = findServer(folder, address);
  const tickets = readTickets(folder);
  const dialled = known.then((server) => dial(options, server));
  const check = async (hello: ServerHello) => {
    const before = await known;
    await requireRightServer(options, before, hello.fingerprint);
    const { certificate, recognised } = await dialled;
    const now = { address, fingerprint: hello.fingerprint, certificate };
    const ticket = ticketOf(await tickets, now, Date.now());
    const onProved = async (given: Ticket) => {
      if (ticket === null) await bestEffort(keepTicket(folder, now, given, Date.now()));
      if (sameServer(before, now)) return;
      const noted = noteServer(folder, now);
      // Who names the fingerprint each time needs no note: a home may be read-only.
      if (options.server.fingerprint !== null) await bestEffort(noted);
      else await saveOrTell(noted, options.onUnsaved); // what was noted before still holds
    };
    return { ticket, onProved, proofFirst: !recognised };
  };
  return new Client(dialled.then(({ connection }) => connection), check);
}

/** Works with a connection of its own. */
export async function withClient<T>(
  options: ConnectOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = connect(options);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

export interface PingResult {
  readonly software: string;
  readonly protocol: number;
  readonly fingerprint: ServerFingerprint;
  /** Milliseconds since 1970, by the server's clock. */
  readonly serverTime: number;
  /** Milliseconds for a request and its reply on the open session. */
  readonly roundTripMs: number;
}

/** Measures one round trip on an open session. @throws {MailError} `unavailable` and all of `connect` */
export async function ping(options: ConnectOptions): Promise<PingResult> {
  return await withClient(await askAboutServer(options), async (client) => {
    await client.call("ping", {}); // the session is open after this
    const begun = performance.now();
    const { software, time } = await client.call("ping", {});
    const roundTripMs = performance.now() - begun;
    const { fingerprint } = await client.server();
    return {
      software,
      protocol: protocolVersions.most,
      fingerprint,
      serverTime: time,
      roundTripMs,
    };
  });
}

interface DialledServer {
  readonly connection: Connection;
  /** What is to be noted of it; null where an authority gave it out, since the next will be another. */
  readonly certificate: Certificate | null;
  /** The certificate is the noted one, or an authority of the system vouches for it. */
  readonly recognised: boolean;
}

async function dial(
  { server }: ConnectOptions,
  known: KnownServer | null,
): Promise<DialledServer> {
  const { host, port } = server;
  const options: DialOptions = { host, port, timeoutMs: limits.handshakeTimeoutMs };
  if (known?.certificate) {
    const connection = await dialKnown(options, known.certificate);
    if (connection !== null) {
      return { connection, certificate: known.certificate, recognised: true };
    }
  }
  const { connection, certificate, selfSigned, verified } = await dialUnknown(options);
  return {
    connection,
    certificate: selfSigned ? certificate : null,
    recognised: verified && !known?.certificate,
  };
}

/** Compares the server's key with what was given, or what is known; one that this vouches for is as good. */
async function requireRightServer(
  options: ConnectOptions,
  known: KnownServer | null,
  fingerprint: ServerFingerprint,
): Promise<void> {
  const { server } = options;
  const expected = server.fingerprint ?? known?.fingerprint;
  if (expected === undefined) throw serverUnknown(server, fingerprint);
  if (equalBytes(expected, fingerprint)) return;
  if (!await isSuccessor(options, known, expected, fingerprint)) {
    throw serverKeyChanged(options, expected, fingerprint);
  }
  options.onSuccession?.({ known: expected, successor: fingerprint });
}

/** Asks, on a connection of its own, how the key came to be; nothing else is said to a server that may be another. */
async function isSuccessor(
  options: ConnectOptions,
  known: KnownServer | null,
  expected: ServerFingerprint,
  shown: ServerFingerprint,
): Promise<boolean> {
  const connection = dial(options, known).then((dialled) => dialled.connection);
  const client = new Client(
    connection,
    ({ fingerprint }) =>
      equalBytes(fingerprint, shown)
        ? Promise.resolve({ ticket: null, onProved: () => Promise.resolve(), proofFirst: true })
        : Promise.reject(serverKeyChanged(options, expected, fingerprint)),
  );
  try {
    const { steps } = await client.call("serverSuccessions", {});
    const { leadsTo } = await import("../../crypto/session/server_succession.ts");
    return await leadsTo(steps, expected, shown);
  } catch (error) {
    if (mayPass(error)) throw error;
    return false; // whatever it is, nobody vouches for it
  } finally {
    client.close();
  }
}

function serverUnknown(server: ServerAddress, fingerprint: ServerFingerprint): MailError {
  const address = formatServer(server);
  return new MailError("server_unknown", `Cannot trust ${address}: its key is not known`, {
    hint: `If the server's administrator confirms this fingerprint, use \`--server ${address}#${
      formatFingerprint(fingerprint)
    }\`.`,
  });
}

function serverKeyChanged(
  { server, state }: ConnectOptions,
  expected: ServerFingerprint,
  found: ServerFingerprint,
): MailError {
  const address = formatServer(server);
  return new MailError(
    "server_key_changed",
    `Cannot trust ${address}: its key has the fingerprint ${formatFingerprint(found)}, ` +
      `not ${formatFingerprint(expected)}`,
    { hint: changedServerHint(address, state.folder) },
  );
}
