/** Fresh folders for stores, and stores in processes of their own. */
import { inFolder, inMemory } from "./temporary_folder.ts";

/** Hands out a path where no folder is yet; what is made there is gone after the test. */
export function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  return inFolder((parent) => work(`${parent}/data`), inMemory);
}

/** The texts that stand in any file of the store. */
export async function found(folder: string, texts: readonly string[]): Promise<string[]> {
  const hits: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const content = new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/${name}`));
    hits.push(...texts.filter((text) => content.includes(text)).map((text) => `${name}: ${text}`));
  }
  return hits;
}

/** A running store_child. */
export interface StoreChild {
  /** Returns what was acknowledged, once it is at least `count` keys. */
  acknowledged(count: number): Promise<string[]>;
  /** Kills it as a power cut would, and returns all keys that it ever acknowledged. */
  kill(): Promise<string[]>;
}

export function startChild(
  folder: string,
  umask = "022",
  file = "./store_child.ts",
): StoreChild {
  const script = new URL(file, import.meta.url).pathname;
  const run = [Deno.execPath(), "run", "-A", "--no-lock", "--no-check", "--quiet", script, folder];
  const args = ["-c", `umask ${umask}; exec "$@"`, "sh", ...run];
  const child = new Deno.Command("sh", { args, stdout: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const keys = () => text.split("\n").slice(0, -1); // the last line may be cut
  const readUntil = async (done: () => boolean) => {
    while (!done()) {
      const { value, done: ended } = await reader.read();
      if (ended) break;
      text += value;
    }
    return keys();
  };
  return {
    acknowledged: (count) => readUntil(() => keys().length >= count),
    kill: async () => {
      child.kill("SIGKILL");
      await child.status;
      return await readUntil(() => false);
    },
  };
}
