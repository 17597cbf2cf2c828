/**
 * Runs one command of mailctl after the other in this process, each in the folder and environment it is to have.
 * Arguments: the bundle's folder, and the socket on which requests come and outcomes go, an object of JSON a line.
 */
import type { dispatch as Dispatch } from "../../src/cli/dispatch.ts";
import type { Host } from "../../src/cli/host.ts";
import { keptPermissions } from "./kept_permissions.ts";
import { stretchQuickly } from "./quick_argon2id.ts";
import { makeKeysQuickly } from "./quick_rsa.ts";
import {
  type CommandOutcome,
  type CommandOutput,
  type CommandRequest,
  linesOf,
} from "./program_runner_wire.ts";

const [folder = "", socket = ""] = Deno.args;
const { dispatch }: { dispatch: typeof Dispatch } = await import(`${folder}/src/cli/dispatch.js`);
const umask = Deno.umask();
stretchQuickly();
makeKeysQuickly();

/** A host whose streams are no terminal: stdin is given, and what is written is kept, or told at once. */
class RecordingHost implements Host {
  readonly #written: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  readonly env = Deno.env;
  readonly now = Date.now;
  readonly #end = Promise.withResolvers<number>();
  readonly #goesOn: boolean;
  readonly #listeners: Parameters<typeof Deno.addSignalListener>[] = [];
  #input: Uint8Array;

  constructor({ stdin, goesOn = false }: CommandRequest) {
    this.#input = Uint8Array.fromBase64(stdin);
    this.#goesOn = goesOn;
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

  readonly addSignalListener: typeof Deno.addSignalListener = (signal, handler) => {
    if (!this.#goesOn) return;
    Deno.addSignalListener(signal, handler);
    this.#listeners.push([signal, handler]);
  };

  readonly removeSignalListener: typeof Deno.removeSignalListener = (signal, handler) => {
    if (this.#goesOn) Deno.removeSignalListener(signal, handler);
  };

  /** Signals are the next command's. */
  dropListeners(): void {
    for (const [signal, handler] of this.#listeners) Deno.removeSignalListener(signal, handler);
  }

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
    if (this.#goesOn) tell({ stream, bytes: bytes.toBase64() });
    else this.#written[stream].push(bytes.slice());
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
  const { args, env, cwd } = request;
  Deno.umask(request.umask ?? umask);
  Deno.chdir(cwd);
  setEnvironment(env);
  const host = new RecordingHost(request);
  return await Promise.race([
    dispatch(args, host).finally(() => host.dropListeners())
      .then((status) => host.outcome(status, false)),
    host.ended.then((status) => host.outcome(status, true)),
  ]);
}

/** Ends where nobody listens any more: a server would tell of that for ever. */
async function tell(message: CommandOutcome | CommandOutput): Promise<void> {
  const line = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
  await writer.write(line).catch(() => Deno.exit(1));
}

const connection = await Deno.connect({ transport: "unix", path: socket });
const writer = connection.writable.getWriter();
const lines = linesOf(connection.readable);
for (let next = lines.next();;) {
  const { value, done } = await next;
  if (done) break;
  next = lines.next(); // none comes before the outcome, and an end means that nobody waits for that
  next.then((end) => end.done && Deno.exit(0));
  const outcome = await run(JSON.parse(value));
  await tell(outcome);
  if (outcome.isEnded) break;
}
Deno.exit(0);
