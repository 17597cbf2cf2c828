/** Opening a database: what is refused, what is told, and in which words. */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { isSameDatabase, parseAddress } from "../../src/store/postgres/address.ts";
import { passwordIn } from "../../src/store/postgres/process/password.ts";
import { requireSameTime, warningsOf } from "../../src/store/postgres/process/safety.ts";
import { deadline } from "../support/person.ts";
import { createAccounts, sampleMessage } from "../support/store_samples.ts";
import { Cluster, cluster, freshDatabase, withoutPostgres } from "../support/postgres.ts";

const noDomain = { domain: null };

/** What is wrong -> how the address of a good database is changed, and what is said. */
const unreachable: Record<string, readonly [change: (url: URL) => void, told: RegExp]> = {
  "nothing listens there": [(url) => url.port = "1", /127\.0\.0\.1:1: the connection was refused/],
  "there is no such host": [(url) => url.hostname = "a.invalid", /there is no such host/],
  "there is no such database": [(url) => url.pathname = "/nope", /there is no such database/],
  "pg_hba.conf has no line": [(url) => url.username = "nobody", /its pg_hba\.conf has no line/],
  "the address has a password": [(url) => url.password = "hidden", /its address has a password/],
  "the address has an unknown option": [
    (url) => url.search = "sslmode=disable",
    /unknown option, sslmode/,
  ],
  "the file of certificates is missing": [(url) => url.search = "sslrootcert=/nope", /\/nope/],
};

/** What may pass: a service that ends so is started again. */
const passing = new Set(["nothing listens there", "there is no such host"]);

for (const [what, [change, told]] of Object.entries(unreachable)) {
  Deno.test({
    name: `postgres: opening is refused in words where ${what}`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await freshDatabase();
      const url = new URL(database.url);
      change(url);
      await assert.rejects(openStore(url.href, noDomain), (error: Error) => {
        assert.match(error.message, told);
        assert.doesNotMatch(error.message, /hidden/);
        const code = passing.has(what) ? "unavailable" : "configuration";
        assert.equal((error as Error & { code: string }).code, code);
        return true;
      });
    },
  });
}

const unsafe: Record<string, RegExp> = {
  "synchronous_commit = off": /synchronous_commit is off/,
  "synchronous_commit = local": /synchronous_commit is local/,
};

for (const [setting, told] of Object.entries(unsafe)) {
  Deno.test({
    name: `postgres: a database with ${setting} is refused`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await freshDatabase();
      const { name } = database;
      await (await cluster()).ask(`ALTER DATABASE ${name} SET ${setting}`);
      await assert.rejects(openStore(database.url, noDomain), {
        code: "configuration",
        message: told,
      });
    },
  });
}

Deno.test({
  name: "postgres: a database of another encoding, or another program, is refused",
  ignore: withoutPostgres,
  fn: async () => {
    const { ask, url } = bound(await cluster());
    await ask("CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0 OWNER mailctl");
    const refused = { code: "configuration", message: /LATIN1/ };
    await assert.rejects(openStore(url("latin"), noDomain), refused);
    await ask("DROP DATABASE latin");
    await using database = await freshDatabase();
    const { name } = database;
    await ask("CREATE TABLE theirs (); ALTER TABLE theirs OWNER TO mailctl", name);
    const other = { code: "configuration", message: /another program/ };
    await assert.rejects(openStore(database.url, noDomain), other);
  },
});

Deno.test({
  name: "postgres: a database of another domain, or of a newer mailctl, is refused",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    await (await openStore(database.url, { domain: "example.org" })).close();
    const hint = "Use --domain example.org, or another database with --data.";
    const domain = { code: "configuration", message: /belongs to example\.org/, hint };
    await assert.rejects(openStore(database.url, { domain: "example.com" }), domain);
    const { name } = database;
    await (await cluster()).ask("UPDATE meta SET schema = 99", name);
    await (await openStore(database.url, noDomain)).close(); // what only adds to ours can be used
    await (await cluster()).ask("UPDATE meta SET readable_from = 99", name);
    const newer = { code: "configuration", message: /99/ };
    await assert.rejects(openStore(database.url, noDomain), newer);
    for (const damage of ["UPDATE meta SET schema = 0, readable_from = 0", "DELETE FROM meta"]) {
      await (await cluster()).ask(damage, name);
      const damaged = { code: "configuration", message: /its table meta is damaged/ };
      await assert.rejects(openStore(database.url, noDomain), damaged, damage);
    }
  },
});

Deno.test({
  name: "postgres: too many connections are told as that, and may pass",
  ignore: withoutPostgres,
  fn: async () => {
    await using own = await Cluster.start();
    await using database = await own.freshDatabase();
    await own.ask("ALTER ROLE mailctl CONNECTION LIMIT 0");
    await assert.rejects(openStore(database.url, noDomain), {
      code: "unavailable",
      message: /: it has too many connections: too many connections for role "mailctl"$/,
      hint: "Set max_connections higher, or the limit of the user or the database.",
    });
  },
});

Deno.test({
  name: "postgres: a right that is missing is named with what grants it, at the start and later",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const { name } = database;
    const { ask } = bound(await cluster());
    const store = await openStore(database.url, noDomain);
    const [alice] = await createAccounts(store, ["alice"]);
    await ask("REVOKE INSERT ON message FROM mailctl", name);
    const message = sampleMessage(alice!.id, { key: "refused", to: ["alice"] });
    await assert.rejects(store.send(message), {
      code: "storage_failed",
      message: "Cannot use the database: its user lacks a right",
    });
    assert.match((await store.warnings()).join(), /user mailctl lacks INSERT on message/);
    await assert.rejects(openStore(database.url, noDomain), {
      code: "configuration",
      message: "Cannot use the database: its user mailctl lacks INSERT on message",
      hint: "Run `GRANT INSERT ON message TO mailctl` in it, as the owner.",
    });
    await ask("REVOKE SELECT, UPDATE ON meta FROM mailctl", name);
    await assert.rejects(openStore(database.url, noDomain), {
      message: /lacks INSERT on message, and other rights/,
    });
    await ask("GRANT INSERT ON message TO mailctl; GRANT SELECT, UPDATE ON meta TO mailctl", name);
    await store.send(sampleMessage(alice!.id, { key: "sent", to: ["alice"] }));
    assert.doesNotMatch((await store.warnings()).join(), /lacks/);
    await store.close();
    await (await openStore(database.url, noDomain)).close();
  },
});

for (const position of ["first", "last"]) {
  Deno.test({
    name: `postgres: opening waits a second for the ${position} of two hosts that answers nothing`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await freshDatabase();
      using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // accepts, and no more
      const { host: good } = new URL(database.url);
      const hosts = [good, `127.0.0.1:${silent.addr.port}`];
      if (position === "first") hosts.reverse();
      const url = database.url.replace(good, hosts.join());
      const store = await deadline(openStore(url, noDomain), 4_000, "it waits for the host");
      await store.close();
    },
  });
}

/** What an administrator may add to a database, and how it is taken away. */
const additions: Readonly<Record<string, readonly [add: string, remove: string]>> = {
  "a table of somebody else's": ["CREATE TABLE dba_notes ()", "DROP TABLE dba_notes"],
  "an extension": ["CREATE EXTENSION pg_stat_statements", "DROP EXTENSION pg_stat_statements"],
  "an extension of the owner's": [
    "CREATE EXTENSION pg_stat_statements; ALTER TABLE meta OWNER TO postgres; GRANT ALL ON meta TO mailctl",
    "DROP EXTENSION pg_stat_statements; ALTER TABLE meta OWNER TO mailctl",
  ],
};

for (const [what, [add, remove]] of Object.entries(additions)) {
  Deno.test({
    name: `postgres: a database with ${what} is opened`,
    ignore: withoutPostgres,
    fn: async () => {
      await using database = await freshDatabase();
      const { name } = database;
      await (await openStore(database.url, noDomain)).close();
      await (await cluster()).ask(add, name);
      try {
        const store = await openStore(database.url, noDomain);
        assert.doesNotMatch((await store.warnings()).join(), /lacks/);
        await store.close();
      } finally {
        await (await cluster()).ask(remove, name);
      }
    },
  });
}

Deno.test({
  name: "postgres: two processes make the tables of a new database at once",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const open = () => openStore(database.url, noDomain);
    const stores = await Promise.all([open(), open(), open()]);
    const secrets = await Promise.all(stores.map((store) => store.identity()));
    assert.deepEqual(secrets[1], secrets[0]);
    assert.deepEqual(secrets[2], secrets[0]);
    await Promise.all(stores.map((store) => store.close()));
  },
});

Deno.test({
  name: "postgres: no standby is told until there is one",
  ignore: withoutPostgres,
  fn: async () => {
    await using database = await freshDatabase();
    const store = await openStore(database.url, noDomain);
    assert.match((await store.warnings()).join(), /no synchronous standby/);
    await store.close();
  },
});

Deno.test("postgres: a clock a second off is told, one five seconds off refused", () => {
  assert.deepEqual(warningsOf(900, "*"), []);
  assert.match(warningsOf(-1_500, "*").join(), /differ by 1\.5 seconds/);
  requireSameTime(-4_900);
  for (const ahead of [5_100, -5_100]) {
    assert.throws(() => requireSameTime(ahead), { code: "unavailable", message: /5\.1 seconds/ });
  }
});

Deno.test("postgres: the password is that of the first line of .pgpass that fits", () => {
  const login = { host: "db.example", port: 5432, database: "mail", user: "me" };
  const lines: readonly (readonly [line: string, password: string | null])[] = [
    ["db.example:5432:mail:me:secret", "secret"],
    ["*:*:*:*:any", "any"],
    ["db.example:5433:mail:me:secret", null],
    ["db.example:5432:mail:you:secret", null],
    ["# db.example:5432:mail:me:secret", null],
    ["db.example:5432:mail:me:a\\:b\\\\c", "a:b\\c"],
    ["db.example:5432:mail:me:", ""],
    ["db.example:5432:mail", null],
    ["other:*:*:*:no\ndb.example:*:*:*:yes\n*:*:*:*:late", "yes"],
  ];
  for (const [line, password] of lines) assert.equal(passwordIn(line, login), password, line);
  const socket = { ...login, host: "/run/postgresql" };
  assert.equal(passwordIn("localhost:5432:mail:me:local", socket), "local");
});

Deno.test("postgres: an address names hosts, ports, a socket's folder", () => {
  const { hosts, database, user } = parseAddress("postgres://me@a,b:5433,[::1]:1/mail");
  assert.deepEqual(hosts, [
    { host: "a", port: 5432 },
    { host: "b", port: 5433 },
    { host: "::1", port: 1 },
  ]);
  assert.deepEqual([database, user], ["mail", "me"]);
  assert.equal(parseAddress("postgresql://%2Frun%2Fpg/mail").hosts[0]?.host, "/run/pg");
  const bad: Readonly<Record<string, RegExp>> = {
    "mysql://a/b": /does not begin with postgres:\/\//,
    "postgres://": /names no database/,
    "postgres://a": /names no database/,
    "postgres://a/": /names no database/,
    "postgres:///mail": /names no host/,
    "postgres://a,/mail": /names no host/,
    "postgres://a:b:c/d": /has a bad host or port$/,
    "postgres://me:hid/den@a/d": /in the name of the database$/,
    "postgres://a/d?ssl=1": /unknown option, ssl$/,
    "postgres://a/%zz": /no part of an escape/,
  };
  for (const [url, message] of Object.entries(bad)) {
    assert.throws(() => parseAddress(url), { code: "configuration", message }, url);
  }
});

const ours = "postgres://me@a,b:5433/mail";
const others: Record<string, boolean> = {
  "postgresql://a:5432/mail": true,
  "postgres://you@c,b:5433/mail": true,
  "postgres://me@b/mail": false,
  "postgres://me@a,b:5433/test": false,
  "postgres://me@c/mail": false,
};

for (const [other, isSame] of Object.entries(others)) {
  Deno.test(`postgres: ${other} names ${isSame ? "the same" : "another"} database`, () => {
    assert.equal(isSameDatabase(ours, other), isSame);
    assert.equal(isSameDatabase(other, ours), isSame);
  });
}

function bound(of: Awaited<ReturnType<typeof cluster>>) {
  return {
    ask: (sql: string, database?: string) => of.ask(sql, database),
    url: (database: string) => of.url(database),
  };
}
