/**
 * Shows the cluster of docs/scale.md on this machine, in a temporary folder. Without an argument, some mail is sent while a
 * server and the primary are killed. With a number of minutes, mail is sent all that time while one thing after the
 * other is killed, and then all of it must be there, once. Leaves nothing behind. Needs Debian's packages etcd-server,
 * patroni, postgresql and haproxy, but none of their services.
 */
import { untilInterrupted } from "../interruption.ts";
import { Cluster } from "./cluster.ts";
import { Programs } from "./programs.ts";
import { survive } from "./survival.ts";
import { trial } from "./trial.ts";

const [minutes] = Deno.args;
const programs = new Programs(await Deno.makeTempDir({ prefix: "mailctl-scale-" }));
try {
  await untilInterrupted(minutes === undefined ? showTrial() : showSurvival(Number(minutes)));
} finally {
  await programs.stopAll();
  await Deno.remove(programs.folder, { recursive: true });
}

async function showTrial(): Promise<void> {
  await trial(await Cluster.start(programs));
}

/** Everybody is at one address here: so connections go round. */
async function showSurvival(minutes: number): Promise<void> {
  if (!(minutes > 0)) throw new Error("The argument is a number of minutes");
  const isGood = await survive(await Cluster.start(programs, "roundrobin"), minutes * 60_000);
  if (!isGood) Deno.exitCode = 1;
}
