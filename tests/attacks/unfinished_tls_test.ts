/** Callers that leave before their TLS handshake is over, again and again: a health check a second does. */
import assert from "node:assert/strict";
import { testAtOnce } from "../support/at_once.ts";
import type { LeavingWay } from "../support/heap_child.ts";

const child = new URL("../support/heap_child.ts", import.meta.url).pathname;

/** Without the cure 7 to 10 KiB stay of each caller; with it well under 1 KiB. */
const allowedBytes = 2 * 1024;
const callers = 900;

const ways: readonly LeavingWay[] = ["the main listener", "SMTP over TLS", "a dropped STARTTLS"];

async function leave(way: LeavingWay): Promise<void> {
  const allowed = String(allowedBytes * callers);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--expose-gc",
      child,
      way,
      `${callers}`,
      allowed,
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const grown = Number(new TextDecoder().decode(stdout));
  assert.ok(grown <= allowedBytes * callers, `${(grown / callers).toFixed()} bytes for each`);
}

testAtOnce(
  new Map(ways.map((way) => [
    `callers that leave before TLS is there leave nothing on the heap: ${way}`,
    () => leave(way),
  ])),
);
