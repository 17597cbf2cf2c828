/** What tests make once for whatever it is made of, and keep in `dist/tests` for all tests after that. */

const folder = new URL("../../dist/tests", import.meta.url).pathname;
const keptMs = 24 * 60 * 60 * 1000;

/**
 * Returns the path of a folder that `make` fills, unless one of the same `parts` was filled before. Others may be
 * about to fill it too: the first to be done is taken.
 */
export async function keptFolder(
  parts: readonly string[],
  make: (draft: string) => Promise<unknown>,
): Promise<string> {
  const kept = `${folder}/${await digestOf(parts)}`;
  if (await exists(kept)) return kept;
  await Deno.mkdir(folder, { recursive: true });
  await removeOld();
  const draft = await Deno.makeTempDir({ dir: folder, prefix: ".draft-" });
  await make(draft);
  try {
    await Deno.rename(draft, kept);
  } catch (error) {
    await Deno.remove(draft, { recursive: true });
    if (!await exists(kept)) throw error;
  }
  return kept;
}

/** Not those of a run that goes on while somebody changes the sources. */
async function removeOld(): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const { mtime } = await Deno.stat(`${folder}/${name}`);
    if (Date.now() - mtime!.getTime() < keptMs) continue;
    await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
}

async function digestOf(parts: readonly string[]): Promise<string> {
  const data = new TextEncoder().encode(JSON.stringify(parts));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex().slice(0, 16);
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
