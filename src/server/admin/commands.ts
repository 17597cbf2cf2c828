/** What answers each request of an administrator: one line a row of requests.ts. A missing one does not compile. */
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import type { Administration } from "../../service/administration.ts";
import type { Aliases } from "../../service/aliases.ts";
import type { Invites } from "../../service/invites.ts";
import type { AdminCommand, AdminRequest } from "./requests.ts";
import type { ServerFingerprint } from "../../model/digests.ts";

/** What the commands stand on. */
export interface AdminServices {
  readonly administration: Administration;
  readonly aliases: Aliases;
  readonly invites: Invites;
  /** Where the server is and who it is. */
  readonly ready: {
    readonly address: string;
    readonly fingerprint: ServerFingerprint;
    readonly domain: string;
  };
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly connections: () => number;
  readonly accountsOnline: () => number;
}

type Command<N extends AdminCommand> = (request: AdminRequest<N>) => Promise<unknown>;

/** Makes the table of commands. What they return goes out as JSON. */
export function makeAdminCommands(services: AdminServices) {
  const { administration, aliases, invites, ready, startedAt } = services;
  const server = { ...ready, fingerprint: formatFingerprint(ready.fingerprint) };
  return {
    server: () => Promise.resolve(server),
    invite: async (query) => {
      const { id, token, expiresAt } = await invites.create(query);
      return { ...server, id, token: token.toHex(), expiresAt };
    },
    invites: async ({ after }) => ({ invites: await invites.list(after) }),
    revoke: ({ ids }) => done(invites.revoke(ids)),
    users: async (page) => ({ accounts: (await administration.list(page)).map(plainReport) }),
    show: async ({ name }) => plainReport(await administration.show(name)),
    disable: ({ name }) => done(administration.disable(name)),
    enable: ({ name }) => done(administration.enable(name)),
    remove: async ({ names }) => ({ erased: await administration.remove(names) }),
    quota: async ({ name, ...quota }) => plainReport(await administration.setQuota(name, quota)),
    aliasAdd: async ({ alias, account }) => plainAlias(await aliases.add(alias, account)),
    aliases: async ({ after }) => ({ aliases: (await aliases.list(after)).map(plainAlias) }),
    aliasRemove: async (query) => ({ removed: await aliases.remove(query.aliases) }),
    stats: async () => ({
      ...await administration.totals(),
      startedAt,
      connections: services.connections(),
      online: services.accountsOnline(),
    }),
  } satisfies { [N in AdminCommand]: Command<N> };
}

export type AdminCommands = ReturnType<typeof makeAdminCommands>;
export type AdminReply<N extends AdminCommand> = Awaited<ReturnType<AdminCommands[N]>>;

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
