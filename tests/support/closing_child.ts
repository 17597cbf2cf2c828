/**
 * A server's store in a process of its own, made to be killed while it erases an account: closes `bob`, prints `closed`,
 * and prints a line for each step of the erasing.
 */
import { openStore } from "../../src/store/open.ts";
import { asAccountName } from "../../src/model/address.ts";

const store = await openStore(Deno.args[0]!, { domain: null });
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const bob = await store.findAccount(asAccountName("bob"));
if (bob !== null) await store.closeAccount(bob.id, 5_000);
say("closed");
while (await store.expireDue(null, 6_000)) say("step");
say("done");
await store.close();
