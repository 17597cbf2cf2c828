/**
 * `mailctl` for the shells of dialogs: a script that has its command run by `program_runner.ts`, which spares what a
 * process of the program costs. What lives on, hands its streams on or looks at them is the program itself.
 */
import type { Home } from "./program.ts";
import { runInProcess } from "./program_runner.ts";
import { linesOf } from "./program_runner_wire.ts";

const decoder = new TextDecoder();
const folders = new WeakMap<Home, string>();
let port: number | null = null;

/** Returns a folder for the PATH of shells in a home. */
export function typedProgramOf(home: Home): string {
  const known = folders.get(home);
  if (known !== undefined) return known;
  const folder = `${home.folder}/typed`;
  Deno.mkdirSync(folder, { mode: 0o700 });
  Deno.writeTextFileSync(`${folder}/mailctl`, script(`${home.folder}/bin/mailctl`), {
    mode: 0o755,
  });
  folders.set(home, folder);
  return folder;
}

/** `queue` takes nothing from stdin, which may be that of a loop around it. */
function script(program: string): string {
  return `#!/bin/bash
case "$1" in serve | bridge | web | watch) exec '${program}' "$@" ;; esac
[ /dev/stdout -ef /dev/full ] && exec '${program}' "$@"
exec 3<>/dev/tcp/127.0.0.1/${port ??= listen()}
{
  pwd -P | base64 -w 0; echo
  umask
  env -0 | base64 -w 0; echo
  for word; do printf '%s\\0' "$word"; done | base64 -w 0; echo
  [ "$1" = queue ] || base64 -w 0; echo
} >&3
{ read -r status; read -r out; read -r err; } <&3
base64 -d <<<"$out"
base64 -d <<<"$err" >&2
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
  for await (const connection of listener) answer(connection).catch(() => connection.close());
}

/** Lines of base64, but for the umask; answered by a line each of status, stdout and stderr. */
async function answer(connection: Deno.TcpConn): Promise<void> {
  const lines = linesOf(connection.readable);
  const read = async () => (await lines.next()).value as string;
  const text = async () => decoder.decode(Uint8Array.fromBase64(await read()));
  const words = async () => (await text()).split("\0").slice(0, -1);
  const cwd = (await text()).trimEnd();
  const umask = parseInt(await read(), 8);
  const env = Object.fromEntries((await words()).map((pair) => pair.split(/=(.*)/s, 2)));
  const request = { cwd, umask, env, args: await words(), stdin: await read() };
  const { status, stdout, stderr } = await runInProcess(request);
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${status}\n${stdout}\n${stderr}\n`));
  await writer.close();
}
