/** Whose database it is. */
import { anotherDomain } from "../failures.ts";
import type { OpenOptions } from "../open_options.ts";
import { type Identity, nobody } from "../store.ts";
import { SqlConnection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import { migrations, readableFrom } from "./schema.ts";

/**
 * Returns the store's secret and domain, making them on first use: `firstDomain` where none is demanded.
 * @throws {MailError} `configuration` where `domain` is not the one recorded
 */
export async function identify(
  client: DriverClient,
  { domain, firstDomain = "localhost" }: OpenOptions,
): Promise<Identity> {
  const connection = new SqlConnection(client, nobody, "calling");
  await connection.all(
    `INSERT INTO meta (id, secret, domain, schema, readable_from) VALUES (1, $1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    crypto.getRandomValues(new Uint8Array(32)),
    domain ?? firstDomain,
    migrations.length,
    readableFrom,
  );
  const kept = await connection.one<Identity>("SELECT secret, domain FROM meta");
  if (domain !== null && domain !== kept.domain) throw anotherDomain(domain, kept);
  return kept;
}
