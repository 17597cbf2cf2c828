/** Folders for a test, gone after it. */

/** Makes an empty folder, and removes it with all that is in it. */
export async function inFolder(work: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
