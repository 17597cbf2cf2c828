/** What answers each request of an administrator: one line a row of requests.ts. A missing one does not compile. */
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import type { Administration } from "../../service/administration.ts";
import type { Aliases } from "../../service/aliases.ts";
import type { Invites } from "../../service/invites.ts";
import type { LiveKey } from "../key/live_key.ts";
import type { RequestKey } from "../../store/request_store.ts";
import type { AdminCommand, AdminRequest } from "./requests.ts";
import { equalBytes } from "../../model/bytes.ts";
import type { RequestId, ServerFingerprint } from "../../model/digests.ts";
import { MailError, toldHint } from "../../model/errors.ts";
import { inTime, isLost } from "../../net/deadline.ts";

/** What the commands stand on. */
export interface AdminServices {
  readonly administration: Administration;
  readonly aliases: Aliases;
  readonly invites: Invites;
  /** Where the server is and who it is. Asked each time: the key may change while it runs. */
  readonly server: () => {
    /** Null: where clients reach it is not known here. */
    readonly address: string | null;
    readonly fingerprint: ServerFingerprint;
    readonly domain: string;
  };
  /** The URL or the absolute path of the store; null: it is not told here. */
  readonly data: string | null;
  /** Gives the server's key a successor: `LiveKey.rotate`. */
  readonly rotateKey: LiveKey["rotate"];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** When the server started, likewise; null: it does not run on this machine. */
  readonly startedAt: number | null;
  /** What an operator should change about the store. */
  readonly warnings: () => Promise<readonly string[]>;
  /** Null as for `startedAt`, and so is the next. */
  readonly connections: () => number | null;
  readonly accountsOnline: () => number | null;
}

/** `under`: what a repeat is known by, where it would not do the same. */
type Command<N extends AdminCommand> = (
  request: AdminRequest<N>,
  under: RequestKey,
) => Promise<unknown>;

/** Makes the table of commands. What they return goes out as JSON. */
export function makeAdminCommands(services: AdminServices) {
  const { administration, aliases, invites, startedAt } = services;
  const server = () => {
    const { fingerprint, ...place } = services.server();
    return { ...place, fingerprint: formatFingerprint(fingerprint) };
  };
  let rotation: { readonly id: RequestId; readonly coming: ReturnType<LiveKey["rotate"]> } | null =
    null;
  return {
    server: () => Promise.resolve(server()),
    store: () => Promise.resolve({ url: services.data }),
    invite: async ({ token: digits, ...query }, under) => {
      const token = Uint8Array.fromHex(digits);
      const { id, expiresAt } = await invites.create(query, { token, under });
      return { ...server(), id, expiresAt };
    },
    invites: async ({ after }) => ({ invites: await invites.list(after) }),
    revoke: ({ ids }, under) => done(invites.revoke(ids, under)),
    users: async (page) => ({ accounts: (await administration.list(page)).map(plainReport) }),
    show: async ({ name }) => plainReport(await administration.show(name)),
    disable: ({ names }) => done(administration.disable(...names)),
    enable: ({ names }) => done(administration.enable(...names)),
    remove: async ({ names }) => ({ erased: await administration.remove(names) }),
    quota: async ({ name, ...quota }) => plainReport(await administration.setQuota(name, quota)),
    aliasAdd: async ({ alias, account }) => plainAlias(await aliases.add(alias, account)),
    aliases: async ({ after }) => ({ aliases: (await aliases.list(after)).map(plainAlias) }),
    aliasRemove: async (query, under) => ({
      removed: await aliases.remove(query.aliases, under),
    }),
    rotateKey: async (_, { id }) => {
      // A repeat is told of the first.
      if (rotation === null || !equalBytes(rotation.id, id)) {
        rotation = { id, coming: services.rotateKey() };
      }
      const { fingerprint, startsAt } = await rotation.coming;
      return { fingerprint: formatFingerprint(fingerprint), startsAt };
    },
    stats: async () => ({
      ...await totalsOf(services),
      startedAt,
      connections: services.connections(),
      online: services.accountsOnline(),
      warnings: await services.warnings(),
    }),
  } satisfies { [N in AdminCommand]: Command<N> };
}

export type AdminCommands = ReturnType<typeof makeAdminCommands>;
export type AdminReply<N extends AdminCommand> = Awaited<ReturnType<AdminCommands[N]>>;

/** How long counting may take, in milliseconds: a database that is blocked is known by then. */
const countedMs = 12_000;

/** Where the store is in trouble, that is what its administrator asks for. */
async function totalsOf({ administration, warnings }: AdminServices) {
  try {
    return await inTime(administration.totals(), countedMs);
  } catch (error) {
    if (!isLost(error)) throw error;
    const message = "Cannot count accounts and messages: the database does not answer in time";
    const hint = toldHint((await warnings()).join(". ") || null);
    throw new MailError("unavailable", message, { hint, cause: error });
  }
}

type Report = Awaited<ReturnType<Administration["show"]>>;

function plainReport({ id: _, fingerprint, ...report }: Report) {
  return { ...report, fingerprint: formatFingerprint(fingerprint) };
}

function plainAlias({ name, account }: Awaited<ReturnType<Aliases["add"]>>) {
  return { alias: name, account };
}

async function done(work: Promise<void>): Promise<Record<never, never>> {
  await work;
  return {};
}
