import assert from "node:assert/strict";
import { processHost, withHost } from "../../../src/cli/host.ts";
import { fullTime, parseSince, parseUntil, shortTime } from "../../../src/cli/time_format.ts";
import { fromLocal, parseZone, zoneOffset } from "../../../src/cli/time_zone.ts";

const hour = 3_600_000;
const at = (text: string) => Date.parse(text);

/** A rule, a moment, and how many hours local time is ahead of UTC then. */
const offsets: readonly [string, string, number][] = [
  ["CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 1],
  ["CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 2],
  ["CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 2],
  ["CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 1],
  ["EST5EDT", "2026-07-01T00:00Z", -4], // the rule of the USA where none is written
  ["EST5EDT,M3.2.0,M11.1.0", "2026-12-01T00:00Z", -5],
  ["<+0530>-5:30", "2026-07-01T00:00Z", 5.5],
  ["NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-01-01T00:00Z", 13], // summer spans the year's end
  ["NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-07-01T00:00Z", 12],
  ["IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00Z", 0], // Ireland: winter is the exception
  ["IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00Z", 1],
  ["<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -1], // a time before the day
  ["<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -2],
  ["AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z", 1], // 1 March, leap year or not
  ["AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z", 0],
  ["AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z", 1], // counted from 0, leap days too
  ["UTC0", "2026-07-01T00:00Z", 0],
];

Deno.test("local time follows the rules that POSIX writes into TZ", () => {
  for (const [rule, moment, hours] of offsets) {
    assert.equal(zoneOffset(parseZone(rule)!, at(moment)) / hour, hours, `${rule} at ${moment}`);
  }
});

Deno.test("what is no rule is left to the runtime", () => {
  const names = [
    "",
    "UTC",
    "Europe/Berlin",
    "Etc/GMT-2",
    "CE-1",
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M13.5.0,M1.1.0",
  ];
  for (
    const name of [...names, "CET-1CEST,J400,J1", "CET-1CEST,M3.6.0,M1.1.0", "CET-100", "../x5"]
  ) {
    assert.equal(parseZone(name), null, name);
  }
});

Deno.test("the zone's own name and its rule agree at every hour of four years", () => {
  const rule = parseZone("CET-1CEST,M3.5.0,M10.5.0/3")!;
  const hourIn = new Intl.DateTimeFormat("en", {
    timeZone: "Europe/Berlin",
    hour: "2-digit",
    hourCycle: "h23",
  });
  for (let ms = at("2025-01-01T00:30Z"); ms < at("2029-01-01T00:00Z"); ms += hour) {
    const hours = new Date(ms + zoneOffset(rule, ms)).getUTCHours();
    assert.equal(hours, Number(hourIn.format(ms)), new Date(ms).toISOString());
  }
});

Deno.test("a local time that is skipped or comes twice is one moment", () => {
  const rule = parseZone("CET-1CEST,M3.5.0,M10.5.0/3")!;
  const moments = [
    ["2026-03-29T01:59Z", "2026-03-29T00:59Z"],
    ["2026-03-29T02:30Z", "2026-03-29T01:30Z"], // skipped: 03:30
    ["2026-03-29T03:00Z", "2026-03-29T01:00Z"],
    ["2026-10-25T02:30Z", "2026-10-25T00:30Z"], // twice: the first
    ["2026-10-25T03:00Z", "2026-10-25T02:00Z"],
    ["2026-07-01T00:00Z", "2026-06-30T22:00Z"],
  ] as const;
  for (const [local, moment] of moments) {
    assert.equal(fromLocal(at(local), (ms) => zoneOffset(rule, ms)), at(moment), local);
  }
});

/** Runs work where TZ is this; null: not set. */
function inZone<T>(tz: string, work: () => T): Promise<T> {
  const env = { ...processHost.env, get: (name: string) => name === "TZ" ? tz : undefined };
  return withHost({ ...processHost, env }, () => Promise.resolve(work()));
}

Deno.test("times are written and read in the zone of TZ", async () => {
  const moment = at("2026-07-01T22:30:05Z");
  for (const tz of ["CET-1CEST,M3.5.0,M10.5.0/3", ":CET-1CEST,M3.5.0,M10.5.0/3"]) {
    await inZone(tz, () => {
      assert.equal(fullTime(moment), "Thu 2026-07-02 00:30:05 +0200");
      assert.equal(shortTime(moment, moment), "00:30");
      assert.equal(parseSince("2026-07-02").ms, at("2026-07-01T22:00Z"));
      assert.equal(parseUntil("2026-12-24T09:00", moment).ms, at("2026-12-24T08:00Z"));
      assert.equal(parseUntil("2026-12-24T09:00Z", moment).ms, at("2026-12-24T09:00Z"));
      assert.throws(() => parseUntil("2027-02-30T09:00", moment), { code: "usage" });
    });
  }
});

Deno.test("TZ may be the path of a zone file, whose last line is its rule; what is none is UTC", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  const moment = at("2026-07-01T00:00:00Z");
  try {
    await Deno.writeTextFile(`${folder}/zone`, "TZif2\0\0\0\n<+0545>-5:45\n");
    await Deno.writeTextFile(`${folder}/other`, "<+0545>-5:45\n");
    const told = async (name: string) => await inZone(`${folder}/${name}`, () => fullTime(moment));
    assert.equal(await told("zone"), "Wed 2026-07-01 05:45:00 +0545");
    const runtime = new Date(moment).getTimezoneOffset();
    if (runtime === 0) assert.equal(await told("other"), "Wed 2026-07-01 00:00:00 +0000");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
