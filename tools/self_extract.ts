/**
 * Makes an executable out of a shell script, this deno and a bundle: needs no base to download,
 * but is larger, unpacks itself on its first run, and serves this system only.
 */
import { archive, type Entry } from "./archive.ts";
import type { Bundle } from "./bundle.ts";
import { programFlags } from "./program_flags.ts";

/** How to pack. */
export interface Packing {
  /** The deno to put in. */
  readonly runtime?: string | undefined;
  /** From 1 (quick) to 9 (small). */
  readonly gzipLevel?: number | undefined;
}

// Whatever lies around the cache folder, or in the user's own deno cache, is not ours to look at.
const alone = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only", "--quiet"];

/** Writes the executable `output`, which runs `bundle`. */
export async function selfExtract(
  bundle: Bundle,
  output: string,
  { runtime = Deno.execPath(), gzipLevel = 9 }: Packing = {},
): Promise<void> {
  const payload = await gzip(archive(contents(bundle, runtime)), gzipLevel);
  const stub = fillStub(await sha256(payload), bundle.main);
  using file = Deno.openSync(output, { write: true, create: true, truncate: true, mode: 0o755 });
  for (const part of [new TextEncoder().encode(stub), payload]) writeAll(file, part);
}

function* contents(bundle: Bundle, runtime: string): Generator<Entry> {
  yield { name: "deno", mode: 0o700, bytes: Deno.readFileSync(runtime) };
  for (const name of bundle.files) {
    yield { name, mode: 0o600, bytes: Deno.readFileSync(`${bundle.folder}/${name}`) };
  }
}

function fillStub(hash: string, main: string): string {
  const template = Deno.readTextFileSync(new URL("./extract.sh", import.meta.url));
  const values: Record<string, string> = {
    HASH: hash,
    LINE: String(template.split("\n").length),
    FLAGS: [...alone, ...programFlags].join(" "),
    MAIN: main,
  };
  return template.replaceAll(/@([A-Z]+)@/g, (_, name: string) => values[name] ?? "");
}

async function gzip(
  blocks: Generator<Uint8Array<ArrayBuffer>>,
  level: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const process = new Deno.Command("gzip", {
    args: ["-n", "-c", `-${level}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [{ success, stdout }] = await Promise.all([
    process.output(),
    ReadableStream.from(blocks).pipeTo(process.stdin),
  ]);
  if (!success) throw new Error("gzip failed");
  return stdout;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
