/**
 * `mailctl` for the shells of dialogs and documents: a script that has its command run by `program_runner.ts`, which spares what a
 * process of the program costs. What lives on, hands its streams on or looks at them is the program itself.
 */
import { closeQuietly } from "../../src/net/byte_socket.ts";
import type { Home } from "./program.ts";
import { runInProcess } from "./program_runner.ts";
import { linesOf } from "./program_runner_wire.ts";

const folders = new WeakMap<Home, string>();
let port: number | null = null;

/** Returns a folder for the PATH of shells in a home. */
export function typedProgramOf(home: Home): string {
  const known = folders.get(home);
  if (known !== undefined) return known;
  const folder = `${home.folder}/typed`;
  Deno.mkdirSync(folder, { mode: 0o700 });
  Deno.writeTextFileSync(`${folder}/mailctl`, typedScript(`${home.folder}/bin/mailctl`), {
    mode: 0o755,
  });
  folders.set(home, folder);
  return folder;
}

/**
 * A script that is `mailctl` to whoever types; `program` is the path of the program itself. `queue` takes nothing from
 * stdin, which may be that of a loop around it.
 */
export function typedScript(program: string): string {
  return `#!/bin/bash
case "$1" in serve | bridge | web | watch) exec '${program}' "$@" ;; esac
[ /dev/stdout -ef /dev/full ] && exec '${program}' "$@"
exec 3<>/dev/tcp/127.0.0.1/${port ??= listen()}
{ echo $$; umask; } >&3
[ "$1" = queue ] || [ /dev/stdin -ef /dev/null ] || base64 -w 0 >&3
echo >&3
read -r status out err <&3
[ "$out" = 0 ] || head -c "$out" <&3
[ "$err" = 0 ] || head -c "$err" <&3 >&2
exit "$status"
`;
}

function listen(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.unref();
  accept(listener);
  return listener.addr.port;
}

async function accept(listener: Deno.TcpListener): Promise<void> {
  for await (const connection of listener) answer(connection).catch(() => closeQuietly(connection));
}

/**
 * A line each of the script's process, its umask, and stdin in base64. The answer is a line of status and lengths, then
 * stdout and stderr.
 */
async function answer(connection: Deno.TcpConn): Promise<void> {
  const lines = linesOf(connection.readable);
  const read = async () => (await lines.next()).value as string;
  const process = `/proc/${await read()}`;
  const [, , ...args] = wordsOf(`${process}/cmdline`);
  const { status, stdout, stderr } = await runInProcess({
    cwd: Deno.readLinkSync(`${process}/cwd`),
    umask: parseInt(await read(), 8),
    env: Object.fromEntries(wordsOf(`${process}/environ`).map((pair) => pair.split(/=(.*)/s, 2))),
    args,
    stdin: await read(),
  });
  const [out, err] = [Uint8Array.fromBase64(stdout), Uint8Array.fromBase64(stderr)];
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${status} ${out.length} ${err.length}\n`));
  for (const bytes of [out, err]) await writer.write(bytes);
  await writer.close();
}

/** What the system keeps of a process: words, each with NUL behind it. */
function wordsOf(path: string): string[] {
  return Deno.readTextFileSync(path).split("\0").slice(0, -1);
}
