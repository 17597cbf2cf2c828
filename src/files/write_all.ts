import { failAtFileLimit } from "./file_limit.ts";

/** Writes all of it: one write may take less than it was given. Rejects with what the system says. */
export async function writeAll(
  file: Pick<Deno.FsFile, "write">,
  bytes: Uint8Array,
): Promise<void> {
  failAtFileLimit();
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** The same at once. */
export function writeAllSync(file: Pick<Deno.FsFile, "writeSync">, bytes: Uint8Array): void {
  failAtFileLimit();
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
