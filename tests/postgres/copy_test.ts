/** Rows that go into a database and out of it as one stream: what they are, and how much of it waits anywhere. */
import assert from "node:assert/strict";
import { parseAddress } from "../../src/store/postgres/address.ts";
import {
  decodeRows,
  encodeRows,
  type TypedColumn,
} from "../../src/store/postgres/backup/binary_rows.ts";
import { copyIn, copyOut } from "../../src/store/postgres/backup/copy.ts";
import type { DriverClient } from "../../src/store/postgres/driver.ts";
import { Primary } from "../../src/store/postgres/primary.ts";
import type { CopiedRow } from "../../src/store/table_copy.ts";
import { until } from "../support/person.ts";
import { freshDatabase, withoutPostgres } from "../support/postgres.ts";
import { Relay } from "../support/relay.ts";
import { patterned } from "../support/store_samples.ts";

const ignore = withoutPostgres;
const mebi = 1024 * 1024;
/** What two ends of a connection and the relay between them hold, as far as the system lets them. */
const onTheWay = 32 * mebi;

const columns: readonly TypedColumn[] = [
  { name: "number", type: "bigint" },
  { name: "bytes", type: "bytea" },
  { name: "words", type: "text" },
];
const into = "COPY pg_temp.copied (number, bytes, words) FROM STDIN (FORMAT binary)";

/** Lets work use a connection that has a table for rows of `columns`. */
async function withTable(work: (client: DriverClient, relay: Relay) => Promise<void>) {
  await using database = await freshDatabase();
  const address = parseAddress(database.url);
  await using relay = new Relay(address.hosts[0]!.port);
  const through = { ...address, hosts: [{ host: "127.0.0.1", port: relay.port }] };
  const client = await new Primary(through, undefined, 0).connect();
  await client.query("CREATE TEMPORARY TABLE copied (number bigint, bytes bytea, words text)");
  try {
    await work(client, relay);
  } finally {
    await client.end();
  }
}

/** Hands out rows of 256 KiB each, and counts them. */
class Source {
  asked = 0;

  async *rows(count: number, onRow = (_asked: number) => {}): AsyncGenerator<CopiedRow[]> {
    const bytes = patterned(mebi / 4);
    while (this.asked < count) {
      yield [{ number: this.asked++, bytes, words: null }];
      onRow(this.asked);
    }
  }
}

Deno.test({
  name: "postgres: rows come out of a table as they went into it, whatever they are",
  ignore,
  fn: () =>
    withTable(async (client) => {
      const rows: CopiedRow[] = [
        { number: 0, bytes: new Uint8Array(), words: "" },
        { number: null, bytes: null, words: null },
        { number: -1, bytes: Uint8Array.of(0, 255, 10, 92), words: "\\N\t\n'\"" },
        {
          number: Number.MAX_SAFE_INTEGER,
          bytes: patterned(700_000),
          words: "ü€😀".repeat(99_999),
        },
        { number: -Number.MAX_SAFE_INTEGER, bytes: patterned(1), words: "x".repeat(262_144) },
        { number: 2 ** 32, bytes: patterned(262_144), words: "PGCOPY" },
        ...Array.from({ length: 999 }, (_, number) => ({ number, bytes: null, words: null })),
      ];
      async function* some() {
        yield rows.slice(0, 2);
        yield rows.slice(2);
      }
      await copyIn(client, into, encodeRows(some(), columns));
      const sums =
        "SELECT count(*)::int AS count, sum(octet_length(bytes))::int AS bytes FROM copied";
      const { rows: [sum] } = await client.query(sums);
      assert.deepEqual(sum, { count: rows.length, bytes: 962_149 });
      const found: CopiedRow[] = [];
      for await (const part of copyOut(client, "COPY copied TO STDOUT (FORMAT binary)")) {
        found.push(...decodeRows(part, columns, { isFirst: found.length === 0 }));
      }
      assert.deepEqual(found, rows);
    }),
});

Deno.test({
  name: "postgres: a source is asked for no more rows than the database takes",
  ignore,
  fn: () =>
    withTable(async (client, relay) => {
      const source = new Source();
      let goOn = () => {};
      const stallAt8 = (asked: number) => {
        if (asked === 8) goOn = relay.stall();
      };
      const copied = copyIn(client, into, encodeRows(source.rows(400, stallAt8), columns));
      await settled(() => source.asked);
      assert.ok(source.asked < 400, "it waits");
      assert.ok(source.asked * mebi / 4 < onTheWay);
      goOn();
      await copied;
      assert.equal(source.asked, 400);
    }),
});

Deno.test({
  name: "postgres: no more rows come from the database than are taken",
  ignore,
  fn: () =>
    withTable(async (client, relay) => {
      await copyIn(client, into, encodeRows(new Source().rows(400), columns));
      const rows = copyOut(client, "COPY copied TO STDOUT (FORMAT binary)").getReader();
      const before = relay.down;
      await rows.read();
      await settled(() => relay.down);
      assert.ok(relay.down - before < onTheWay, `${relay.down - before} bytes came`);
      let parts = 1;
      while (!(await rows.read()).done) parts++;
      assert.equal(parts, 401, "rows, and their end");
    }),
});

/** Waits until a number stays as it is for a while. */
async function settled(number: () => number): Promise<void> {
  let last = -1;
  await until(async () => {
    const before = last;
    await new Promise((resolve) => setTimeout(resolve, 500));
    last = number();
    return last > 0 && last === before;
  }, "it settles");
}
