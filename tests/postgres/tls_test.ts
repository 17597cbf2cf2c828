/** TLS to the database: the host has to show a certificate of its own name, from an authority that is trusted. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../src/crypto/certificate.ts";
import { openStore } from "../../src/store/open.ts";
import { newClient } from "../../src/store/postgres/driver.ts";
import { openingFailure } from "../../src/store/postgres/process/opening.ts";
import { tlsOptions } from "../../src/store/postgres/primary.ts";
import { makeAuthority } from "../support/authority.ts";
import { Cluster, withoutPostgres } from "../support/postgres.ts";

const yearMs = 365 * 86_400_000;
const here = ["localhost", "127.0.0.1"];

/** What the database shows -> what is wrong with it for whoever trusts its authority; null: nothing. */
const shown: Readonly<
  Record<string, readonly [names: string[], ageMs: number, wrong: RegExp | null]>
> = {
  "its own name": [here, 3_600_000, null],
  "another address": [["localhost", "127.0.0.2"], 3_600_000, /certificate is for another name$/],
  "another name": [["db.example"], 3_600_000, /certificate is for another name$/],
  "a time that is over": [here, 9 * yearMs, /certificate has expired, or /],
  "a time to come": [here, -9 * yearMs, /certificate has expired, or /],
};

Deno.test({
  name: "postgres: TLS asks for a certificate of the host's own name, and what is wrong is told",
  ignore: withoutPostgres,
  fn: async () => {
    await using cluster = await Cluster.start();
    const authority = await makeAuthority("the operator");
    const trusted = authority.certificate;
    const { certificate } = await makeCertificate({ hosts: ["other"], addresses: [] }, Date.now());
    for (const [what, [names, ageMs, wrong]] of Object.entries(shown)) {
      const pair = await authority.issue(names, undefined, Date.now() - ageMs);
      await show(cluster, pair.certificate, pair.privateKey);
      const failure = await failureOf(cluster.port, trusted);
      if (wrong === null) assert.equal(failure, null, what);
      else assert.match(failure?.message ?? "connects", wrong, what);
    }
    const pair = await authority.issue(here);
    await show(cluster, pair.certificate, pair.privateKey);
    const unknown = /its certificate has expired, or its authority is not trusted$/;
    const without = await failureOf(cluster.port, undefined);
    assert.match(without!.message, unknown);
    assert.match(without!.hint!, /^Add \?sslrootcert=FILE /);
    const another = await failureOf(cluster.port, certificate);
    assert.match(another!.message, unknown);
    assert.match(another!.hint!, /^Check its dates, and that \/ca\.crt has /);
    await cluster.ask("ALTER SYSTEM SET ssl = off");
    await cluster.restart();
    const refused = await failureOf(cluster.port, trusted);
    assert.match(refused!.message, /it offers no TLS$/, "without TLS nothing is said");
  },
});

Deno.test({
  name: "postgres: where pg_hba.conf wants TLS on loopback, sslrootcert asks for it",
  ignore: withoutPostgres,
  fn: async () => {
    await using cluster = await Cluster.start();
    const authority = await makeAuthority("the operator");
    const pair = await authority.issue(here);
    await show(cluster, pair.certificate, pair.privateKey);
    await using database = await cluster.freshDatabase();
    const lines = "ARRAY['local all all trust', 'hostssl all mailctl 127.0.0.1/32 trust']";
    await cluster.ask(`COPY (SELECT unnest(${lines})) TO PROGRAM 'cat > pg_hba.conf'`);
    await cluster.ask("SELECT pg_reload_conf()");
    await assert.rejects(openStore(database.url, { domain: null }), {
      code: "configuration",
      message: /: its pg_hba\.conf has no line for this user, host and encryption$/,
    });
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, authority.certificate);
      await (await openStore(`${database.url}?sslrootcert=${file}`, { domain: null })).close();
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("postgres: only what stays on this machine, and names no authority, goes without TLS", () => {
  assert.notEqual(tlsOptions("127.0.0.1", "an authority"), false);
  assert.equal(tlsOptions("/run/postgresql", "an authority"), false);
  for (const host of ["127.0.0.1", "::1", "localhost", "/run/postgresql"]) {
    assert.equal(tlsOptions(host, undefined), false, host);
  }
  for (const host of ["10.0.0.1", "db.example", "localhost.example", "128.0.0.1", "127.example"]) {
    assert.notEqual(tlsOptions(host, undefined), false, host);
  }
});

/** What an administrator is told; null: it connects, by TLS. */
async function failureOf(port: number, ca: string | undefined) {
  const client = newClient({
    host: "127.0.0.1",
    port,
    database: "postgres",
    user: "mailctl",
    password: () => "",
    ssl: ca === undefined ? tlsOptions("db.example", ca) : tlsOptions("127.0.0.1", ca),
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
    return null;
  } catch (error) {
    const certificates = ca === undefined ? null : "/ca.crt";
    const failure = openingFailure(error, {
      hosts: [{ host: "h", port }],
      database: "d",
      user: "u",
      certificates,
    });
    assert.equal(failure.code, "configuration", failure.message);
    return failure;
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
