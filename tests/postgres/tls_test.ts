/** TLS to the database: the host has to show a certificate of its own name, from an authority that is trusted. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../src/crypto/certificate.ts";
import { newClient } from "../../src/store/postgres/driver.ts";
import { openingFailure } from "../../src/store/postgres/process/opening.ts";
import { tlsOptions } from "../../src/store/postgres/primary.ts";
import { Cluster, withoutPostgres } from "../support/postgres.ts";

/** What the database shows -> whether it is believed, by an authority that we trust. */
const shown: readonly [names: { hosts: string[]; addresses: string[] }, isBelieved: boolean][] = [
  [{ hosts: ["localhost"], addresses: ["127.0.0.1"] }, true],
  [{ hosts: ["localhost"], addresses: ["127.0.0.2"] }, false],
  [{ hosts: ["db.example"], addresses: [] }, false],
];

Deno.test({
  name: "postgres: TLS asks for a certificate of the host's own name",
  ignore: withoutPostgres,
  fn: async () => {
    await using cluster = await Cluster.start();
    for (const [names, isBelieved] of shown) {
      const { certificate, privateKey } = await makeCertificate(names, Date.now());
      await show(cluster, certificate, privateKey);
      assert.equal(await connects(cluster.port, certificate), isBelieved, JSON.stringify(names));
      assert.equal(await connects(cluster.port, undefined), false, "the authority is unknown");
    }
    await cluster.ask("ALTER SYSTEM SET ssl = off");
    await cluster.restart();
    assert.equal(await connects(cluster.port, undefined), false, "without TLS nothing is said");
  },
});

Deno.test("postgres: only what stays on this machine goes without TLS", () => {
  for (const host of ["127.0.0.1", "::1", "localhost", "/run/postgresql"]) {
    assert.equal(tlsOptions(host, undefined), false, host);
  }
  for (const host of ["10.0.0.1", "db.example", "localhost.example", "128.0.0.1", "127.example"]) {
    assert.notEqual(tlsOptions(host, undefined), false, host);
  }
});

async function connects(port: number, ca: string | undefined): Promise<boolean> {
  const client = newClient({
    host: "127.0.0.1",
    port,
    database: "postgres",
    user: "mailctl",
    password: () => "",
    ssl: tlsOptions("db.example", ca), // as of another machine
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    keepAlive: true,
    application_name: "test",
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    assert.equal(rows[0]!["ssl"], true);
    return true;
  } catch (error) {
    const address = { hosts: [{ host: "h", port }], database: "d", user: "u", certificates: null };
    assert.match(openingFailure(error, address).message, /its certificate is not trusted/);
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function show(cluster: Cluster, certificate: string, key: string): Promise<void> {
  const [{ folder }] = await cluster.ask<{ folder: string }>(
    "SELECT current_setting('data_directory') AS folder",
  ) as [{ folder: string }];
  const { uid, gid } = await Deno.stat(folder);
  for (const [name, text] of [["server.crt", certificate], ["server.key", key]] as const) {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    if (Deno.uid() === 0) await Deno.chown(`${folder}/${name}`, uid, gid);
  }
  await cluster.ask("ALTER SYSTEM SET ssl = on");
  await cluster.restart();
}
