/** The process that a command runs in: what `cli` takes of it besides files, sockets and other programs. */

/** Its parts have the runtime's own names, so that the process itself is one. */
export interface Host {
  readonly stdin: Pick<typeof Deno.stdin, "read" | "isTerminal" | "setRaw">;
  readonly stdout: Pick<typeof Deno.stdout, "write" | "isTerminal">;
  readonly stderr: Pick<typeof Deno.stderr, "writeSync" | "isTerminal">;
  readonly env: Pick<typeof Deno.env, "get" | "set" | "delete" | "toObject">;
  readonly consoleSize: typeof Deno.consoleSize;
  readonly addSignalListener: typeof Deno.addSignalListener;
  readonly removeSignalListener: typeof Deno.removeSignalListener;
  readonly permissions: Pick<typeof Deno.permissions, "querySync" | "revokeSync">;
  readonly exit: (status: number) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export const processHost: Host = {
  stdin: Deno.stdin,
  stdout: Deno.stdout,
  stderr: Deno.stderr,
  env: Deno.env,
  consoleSize: Deno.consoleSize,
  addSignalListener: Deno.addSignalListener,
  removeSignalListener: Deno.removeSignalListener,
  permissions: Deno.permissions,
  exit: Deno.exit,
  now: Date.now,
};

/** That of the command that runs. */
export let host: Host = processHost;

/** Runs work for a host. Only one host is served at a time: whoever has several lets them wait. */
export async function withHost<T>(whose: Host, work: () => Promise<T>): Promise<T> {
  const before = host;
  host = whose;
  try {
    return await work();
  } finally {
    host = before;
  }
}
