/** Golden files: what a command printed once, looked at and kept; what differs from run to run is left out. */
import assert from "node:assert/strict";

const folder = new URL("../golden/", import.meta.url).pathname;
const isWritten = Deno.env.get("GOLDEN") === "write";

/** Fields whose value is another one each time, or says only which version this is. */
const passing = [
  "invite",
  "password",
  "messageId",
  "inReplyTo",
  "serverSoftware",
  "clientVersion",
  "bodyBase64",
  "password",
  "certificate",
];
const counted = [
  "roundTripMs",
  "sealedBytes",
  "bytes",
  "sessions",
  "connections",
  "online",
  "schema",
  "port",
];

/** Holds a value to the golden file of that name; `deno task golden` writes the file instead. */
export async function holdToGolden(name: string, value: unknown): Promise<void> {
  const path = `${folder}${name}.json`;
  const text = `${JSON.stringify(value, normalised, 2)}\n`;
  if (isWritten) return await Deno.writeTextFile(path, text);
  assert.equal(text, await Deno.readTextFile(path), `${name}.json (deno task golden)`);
}

/** The names of all golden files. */
export function goldenNames(): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name.replace(/\.json$/, ""));
}

function normalised(key: string, value: unknown): unknown {
  if (typeof value === "number") return counted.includes(key) ? 0 : value;
  if (typeof value !== "string") return value;
  if (passing.includes(key) && value !== "") return key.toUpperCase();
  return value.replace(/[0-9a-f]{64}/g, "FINGERPRINT")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME")
    .replace(/\b\d{5}( \d{5}){7}\b/g, "SPOKEN")
    .replace(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){8}$/, "RECOVERY CODE")
    .replace(/^-----BEGIN AGE .*-----\n$/s, "AGE FILE")
    .replace(/\S+\/mailctl\/keys$/, "KEYS")
    .replace(/^[0-9a-z]{8}-[0-9a-f]{12}$/, "QUEUED")
    .replace(/^[0-9a-f]{12}$/, "INVITE ID")
    .replace(/(127\.0\.0\.1):\d+/g, "$1:PORT");
}
