/** Knows which names a power cut would take: those made in folders that were not synced since. */

const made = ["link", "rename", "mkdir"] as const;

/** Runs `work` and returns the paths whose folder was not synced after they got their name. */
export async function namesAtRisk(work: () => Promise<unknown>): Promise<string[]> {
  const names = new Set<string>();
  const { open, openSync } = Deno;
  const originals = made.map((call) => [call, Deno[call]] as const);
  for (const [call, original] of originals) {
    const recorded = async (...args: [string, string]) => {
      await (original as (...args: unknown[]) => Promise<void>)(...args);
      names.add(call === "mkdir" ? args[0] : args[1]);
    };
    Object.assign(Deno, { [call]: recorded });
  }
  const heard = (path: string, file: Deno.FsFile) => {
    const sync = file.sync.bind(file);
    return Object.assign(file, {
      sync: async () => {
        await sync();
        for (const name of names) if (folderOf(name) === path) names.delete(name);
      },
    });
  };
  Object.assign(Deno, {
    open: async (path: string, options?: Deno.OpenOptions) =>
      heard(path, await open(path, options)),
    openSync: (path: string, options?: Deno.OpenOptions) => heard(path, openSync(path, options)),
  });
  try {
    await work();
  } finally {
    Object.assign(Deno, { open, openSync, ...Object.fromEntries(originals) });
  }
  return [...names].sort();
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
