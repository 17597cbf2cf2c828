/** Two people send mail by commands, while a server and the primary are killed. */
import { type Cluster, mailctl } from "./cluster.ts";
import { pause, say } from "./programs.ts";

const doneWithinMs = 90_000;

export async function trial(cluster: Cluster): Promise<void> {
  const run = await people(cluster);
  await untilDone(run, "alice", "register", "alice");
  await untilDone(run, "bob", "register", "bob");
  await untilDone(run, "alice", "send", "bob", "-m", "before");
  say("# kill -9 of server a");
  await cluster.programs.stop("a", "SIGKILL");
  await untilDone(run, "alice", "send", "bob", "-m", "without a server");
  say("# kill -9 of the primary, and of its Patroni");
  await cluster.lose((await cluster.primary())!);
  const start = performance.now();
  await untilDone(run, "alice", "send", "bob", "--key", "primary", "-m", "without the primary");
  say(`# stored after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  await untilDone(run, "bob", "inbox");
}

/** Runs a command as somebody, and returns its exit status. */
type Run = (who: string, ...args: readonly string[]) => Promise<number>;

/** Makes what runs commands through the balancer. */
async function people(cluster: Cluster): Promise<Run> {
  const server = await cluster.trusted();
  return async (who, ...args) => {
    say(`${who}$ mailctl ${args.join(" ")}`);
    const [command, ...before] = mailctl;
    const { code } = await new Deno.Command(command, {
      args: [...before, ...args],
      env: {
        MAILCTL_HOME: `${cluster.programs.folder}/${who}`,
        MAILCTL_SERVER: server,
        MAILCTL_USER: who,
        MAILCTL_PASSWORD: `the long password of ${who}`,
      },
      stdin: "null",
    }).spawn().status;
    return code;
  };
}

/** Tries again, as a script would, until the command succeeds. With --key a message is stored once. */
async function untilDone(run: Run, who: string, ...args: readonly string[]): Promise<void> {
  const end = performance.now() + doneWithinMs;
  for (let status; (status = await run(who, ...args)) !== 0;) {
    say(`# status ${status}`);
    if (performance.now() > end) throw new Error(`"mailctl ${args.join(" ")}" fails`);
    await pause(1000);
  }
}
