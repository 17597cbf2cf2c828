/**
 * Runs one command of mailctl after the other in this process, each in the folder and environment it is to have.
 * Arguments: the bundle's folder, and the socket on which requests come and outcomes go, an object of JSON a line.
 */
import type { dispatch as Dispatch } from "../../src/cli/dispatch.ts";
import type { Host } from "../../src/cli/host.ts";
import { keptPermissions } from "./kept_permissions.ts";
import { stretchQuickly } from "./quick_argon2id.ts";
import { type CommandOutcome, type CommandRequest, linesOf } from "./program_runner_wire.ts";

const [folder = "", socket = ""] = Deno.args;
const { dispatch }: { dispatch: typeof Dispatch } = await import(`${folder}/src/cli/dispatch.js`);
const umask = Deno.umask();
stretchQuickly();

/** A host whose streams are no terminal: stdin is given, and what is written is kept. */
class RecordingHost implements Host {
  readonly #written: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  readonly env = Deno.env;
  readonly now = Date.now;
  readonly #end = Promise.withResolvers<number>();
  #input: Uint8Array;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  readonly stdin = {
    read: (buffer: Uint8Array) => Promise.resolve(this.#read(buffer)),
    isTerminal: () => false,
    setRaw() {},
  };

  readonly stdout = {
    write: (bytes: Uint8Array) => Promise.resolve(this.#write("stdout", bytes)),
    isTerminal: () => false,
  };

  readonly stderr = {
    writeSync: (bytes: Uint8Array) => this.#write("stderr", bytes),
    isTerminal: () => false,
  };

  /** Fulfils `ended`, for this process is others' too. */
  readonly exit = (status: number) => this.#end.resolve(status);

  consoleSize(): never {
    throw new Error("no terminal");
  }

  readonly permissions = keptPermissions;

  addSignalListener() {}

  removeSignalListener() {}

  /** The status that the command ended the process with, if it does: what it left undone may still go on. */
  get ended(): Promise<number> {
    return this.#end.promise;
  }

  outcome(status: number, isEnded: boolean): CommandOutcome {
    const { stdout, stderr } = this.#written;
    return { status, isEnded, stdout: base64(stdout), stderr: base64(stderr) };
  }

  #read(buffer: Uint8Array): number | null {
    if (this.#input.length === 0) return null;
    const piece = this.#input.subarray(0, buffer.length);
    buffer.set(piece);
    this.#input = this.#input.subarray(piece.length);
    return piece.length;
  }

  #write(stream: "stdout" | "stderr", bytes: Uint8Array): number {
    this.#written[stream].push(bytes.slice());
    return bytes.length;
  }
}

function base64(pieces: readonly Uint8Array[]): string {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole.toBase64();
}

function setEnvironment(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(Deno.env.toObject())) {
    if (!Object.hasOwn(env, name)) Deno.env.delete(name);
  }
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
}

async function run(request: CommandRequest): Promise<CommandOutcome> {
  const { args, env, cwd, stdin } = request;
  Deno.umask(request.umask ?? umask);
  Deno.chdir(cwd);
  setEnvironment(env);
  const host = new RecordingHost(Uint8Array.fromBase64(stdin));
  return await Promise.race([
    dispatch(args, host).then((status) => host.outcome(status, false)),
    host.ended.then((status) => host.outcome(status, true)),
  ]);
}

const connection = await Deno.connect({ transport: "unix", path: socket });
const writer = connection.writable.getWriter();
for await (const line of linesOf(connection.readable)) {
  const outcome = await run(JSON.parse(line));
  await writer.write(new TextEncoder().encode(`${JSON.stringify(outcome)}\n`));
  if (outcome.isEnded) break;
}
Deno.exit(0);
