/** A message that is too large for any server: refused, or with -oem cut and kept, in a way that is never sent. */
import assert from "node:assert/strict";
import { parseSendmailArguments } from "../../../../src/cli/sendmail/arguments.ts";
import { handOver } from "../../../../src/cli/sendmail/submit_or_queue.ts";
import { Spool } from "../../../../src/client/submission/spool.ts";
import { limits } from "../../../../src/model/limits.ts";
import { bytesOf, cut } from "../../../support/mime.ts";

const most = 1_000;
const kept = most + limits.uncountedContentBytes + 1;
const sender = { login: null, server: "127.0.0.1:1", user: "alice", aliases: null, fault: null };

const cases: readonly [bytes: number, flags: string[], left: number | null, isFailed?: boolean][] =
  [
    [most, [], most, false],
    [most + 1, [], null],
    [kept, ["-oem"], kept, false],
    [kept + 1, ["-oem"], kept, true],
    [10 * kept, ["-oem"], kept, true],
  ];

for (const [bytes, flags, left, isFailed] of cases) {
  Deno.test(`a body of ${bytes} bytes, ${flags.join("")}: ${left} are in the queue`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "mailctl-large-" });
    try {
      const spool = new Spool(folder);
      const query = parseSendmailArguments(["-odq", ...flags, "bob"]);
      const source = cut(bytesOf(`\n${"x".repeat(bytes)}`), 70_000);
      const work = handOver(query, sender, spool, source, most);
      if (left === null) await assert.rejects(work, { code: "too_large" });
      else await work;
      const { queue } = await spool.list();
      assert.deepEqual(
        queue.map((each) => [each.size, each.isFailed]),
        left === null ? [] : [[left, isFailed]],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
