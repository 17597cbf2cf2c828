/** Knows which names a power cut would take: those made in folders that were not synced since. */

const made = ["link", "rename", "mkdir"] as const;

/** Runs `work` and returns the paths whose folder was not synced after they got their name. */
export async function namesAtRisk(work: () => Promise<unknown>): Promise<string[]> {
  const names = new Set<string>();
  const { open } = Deno;
  const originals = made.map((call) => [call, Deno[call]] as const);
  for (const [call, original] of originals) {
    const recorded = async (...args: [string, string]) => {
      await (original as (...args: unknown[]) => Promise<void>)(...args);
      names.add(call === "mkdir" ? args[0] : args[1]);
    };
    Object.assign(Deno, { [call]: recorded });
  }
  Object.assign(Deno, {
    open: async (path: string, options?: Deno.OpenOptions) => {
      const file = await open(path, options);
      const sync = file.sync.bind(file);
      return Object.assign(file, {
        sync: async () => {
          await sync();
          for (const name of names) if (folderOf(name) === path) names.delete(name);
        },
      });
    },
  });
  try {
    await work();
  } finally {
    Object.assign(Deno, { open, ...Object.fromEntries(originals) });
  }
  return [...names].sort();
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
