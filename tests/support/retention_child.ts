/**
 * A server's store in a process of its own, made to be killed while it lets mail go: prints a line for each step of
 * one round at the time that it is given.
 */
import { retentionOf } from "../../src/model/retention.ts";
import { openStore } from "../../src/store/open.ts";
import { retentionSample } from "./retention_sample.ts";

const store = await openStore(Deno.args[0]!, { domain: null });
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const { keepMs, dueAt } = retentionSample;
for (let after: number | null = 0; after !== null; say("step")) {
  after = await store.retain(retentionOf(keepMs), dueAt, after);
}
say("done");
await store.close();
