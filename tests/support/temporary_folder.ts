/** Folders for a test, gone after it. */
import { statfsSync } from "node:fs";

/** So much has to be free for stores to lie in memory: those of one run of all tests have a small part of it. */
const roomBytes = 4 * 1024 ** 3;

/**
 * For `Deno.makeTempDir`: where memory is a folder. A store there waits for its disk as it does anywhere, and a third of
 * what it costs is gone. It is not for the homes of programs: below /dev they keep rights that they give up elsewhere.
 */
export const inMemory: { readonly dir?: string } = memoryFolder("/dev/shm");

function memoryFolder(dir: string): { readonly dir?: string } {
  try {
    const { bavail, bsize } = statfsSync(dir);
    const freeBytes = Math.min(bavail * bsize, Deno.systemMemoryInfo().available);
    return freeBytes < roomBytes ? {} : { dir };
  } catch {
    return {}; // there is none
  }
}

/** Makes an empty folder, and removes it with all that is in it. */
export async function inFolder(
  work: (folder: string) => Promise<unknown>,
  place: { readonly dir?: string } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ ...place, prefix: "mailctl-test-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
