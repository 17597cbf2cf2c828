/** Settings that all servers of a database have to have. */
import type { SharedSettings } from "../../process_store.ts";
import type { SqlConnection } from "../connection.ts";
import { isAlive } from "./database_clock.ts";

/** The settings of one server. */
export interface NotedSettings {
  readonly host: string;
  readonly settings: SharedSettings;
}

export async function notedSettings(connection: SqlConnection): Promise<NotedSettings[]> {
  const sql = `SELECT host, settings FROM instance WHERE settings IS NOT NULL AND ${isAlive}`;
  return await connection.all<NotedSettings>(sql);
}

/** What differs, by the name of the setting: a sentence each. */
export function differences(servers: readonly NotedSettings[]): ReadonlyMap<string, string> {
  const names = new Set(servers.flatMap(({ settings }) => Object.keys(settings)));
  const found = new Map<string, string>();
  for (const name of names) {
    const hosts = Map.groupBy(servers, ({ settings }) => settings[name] ?? "unknown");
    if (hosts.size < 2) continue;
    const told = [...hosts].map(([value, having]) =>
      `${value} on ${[...new Set(having.map(({ host }) => host))].sort().join(", ")}`
    );
    found.set(name, `The servers of the database differ in ${name}: ${told.sort().join("; ")}`);
  }
  return found;
}
