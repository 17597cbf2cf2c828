/** A place to measure in: the bundled program as users have it, a real server, accounts with saved logins. */
import { bundle } from "../tools/bundle.ts";
import { programSources } from "../tools/program_sources.ts";
import { untilInterrupted } from "../tools/interruption.ts";
import { programFlags } from "../tools/program_flags.ts";
import { type LoginOptions } from "../src/client/account/log_in.ts";
import { register, saveLogin } from "../src/client/open_mailbox.ts";
import { parseServer } from "../src/client/connection/server_address.ts";

const flags = ["run", "--quiet", "--no-config", "--no-lock", ...programFlags];

export interface Workplace {
  readonly folder: string;
  /** Path of the bundle's entry. */
  readonly program: string;
  /** `host:port` */
  readonly address: string;
  readonly fingerprint: string;
  /** `host:port` where the server takes mail by SMTP. */
  readonly smtpAddress: string;
  readonly serverPid: number;
  /** How a test account logs in from this process. */
  login(name: string): LoginOptions;
  /** Runs a program of ours as a process of its own; fails if it does. Returns its stdout. */
  run(program: string, args?: readonly string[], stdin?: string): Promise<string>;
  /** Starts a program of ours and leaves it to the caller, who has to end it. */
  start(program: string, args: readonly string[], stdout: "piped" | "null"): Deno.ChildProcess;
}

/** Makes a workplace, works in it and takes it away again. */
export async function inWorkplace(work: (place: Workplace) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bench-" });
  try {
    const built = await bundle(programSources, `${folder}/bundle`);
    const program = `${built.folder}/${built.main}`;
    const server = await startServer(folder, program);
    try {
      await untilInterrupted(work(makePlace(folder, program, server)));
    } finally {
      server.process.kill("SIGTERM");
      await server.process.status;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Server = Awaited<ReturnType<typeof startServer>>;

function makePlace(folder: string, program: string, server: Server): Workplace {
  const { address, fingerprint, smtpAddress, process } = server;
  return {
    folder,
    program,
    address,
    fingerprint,
    smtpAddress,
    serverPid: process.pid,
    login: (name) => ({
      state: { folder: `${folder}/client/state` },
      server: parseServer(`${address}#${fingerprint}`),
      name,
      password: () => Promise.resolve(`the password of ${name}`),
    }),
    run: (path, args = [], stdin = "") => run(folder, path, args, stdin),
    start: (path, args, stdout) => command(folder, path, args, { stdin: "null", stdout }).spawn(),
  };
}

/** Makes an account whose login is saved for the programs that are run. */
export async function makeAccount(place: Workplace, name: string): Promise<void> {
  (await register(place.login(name))).close();
  (await saveLogin(place.login(name))).close();
}

async function startServer(folder: string, program: string) {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...flags,
      program,
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--smtp-plain-local",
      "--smtp",
      "127.0.0.1:0",
      "--domain",
      "example.org",
      "--quota",
      "0",
    ],
    env: { MAILCTL_HOME: `${folder}/server`, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let said = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    const address = /^address\s+(\S+)/m.exec(said)?.[1];
    const fingerprint = /^fingerprint\s+(\S{64})$/m.exec(said)?.[1];
    const smtpAddress = /^smtp\s+(\S+)/m.exec(said)?.[1];
    if (address && fingerprint && smtpAddress) {
      return { process, address, fingerprint, smtpAddress };
    }
  }
  throw new Error(`The server did not start: ${said}`);
}

function command(
  folder: string,
  path: string,
  args: readonly string[],
  pipes: { readonly stdin: "piped" | "null"; readonly stdout: "piped" | "null" },
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [...flags, path, ...args],
    env: { MAILCTL_HOME: `${folder}/client` },
    ...pipes,
    stderr: "inherit",
  });
}

async function run(folder: string, path: string, args: readonly string[], stdin: string) {
  const process = command(folder, path, args, { stdin: "piped", stdout: "piped" }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {}); // it may not want any
  await writer.close().catch(() => {});
  const { success, stdout } = await process.output();
  if (!success) throw new Error(`${path} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}
