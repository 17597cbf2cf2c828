/** Files that are wholly there or not at all: written beside their place, then named, never over another. */
import { cutText, utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import { join } from "./folders.ts";

/** Writes a file and returns its path. @throws {MailError} `cannot_create` where it exists, unless `force` */
export async function writeNewFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  force: boolean,
): Promise<string> {
  return await placeFile(path, (temporary) => copy(content, temporary), force);
}

/** Lets `fill` write an empty file of mode 0600 and gives it its name. @throws {MailError} `cannot_create`, as above */
export async function placeFile(
  path: string,
  fill: (temporary: string) => void | Promise<void>,
  force: boolean,
): Promise<string> {
  if (!force && await exists(path)) throw taken(path);
  return await writeBeside(folderOf(path), fill, async (temporary) => {
    if (force) await Deno.rename(temporary, path);
    else if (!await placeNew(temporary, path)) throw taken(path);
    return path;
  });
}

/** Writes a file under the first free of `name`, `name-1`, ... and returns its path. @throws {MailError} `cannot_create` */
export async function writeFreeFile(
  folder: string,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  const fill = (temporary: string) => copy(content, temporary);
  return await writeBeside(folder, fill, async (temporary) => {
    for (let count = 0;; count++) {
      const path = join(folder, numbered(name, count));
      if (await placeNew(temporary, path)) return path;
    }
  });
}

/** Makes a name that neither hides a file nor looks like a flag. */
export function harmlessName(name: string): string {
  return name.replace(/^[.-]+/, (start) => "_".repeat(start.length));
}

async function writeBeside(
  folder: string,
  fill: (temporary: string) => void | Promise<void>,
  place: (temporary: string) => Promise<string>,
): Promise<string> {
  const temporary = await makeTemporary(folder);
  const stopCleaning = removeOnSignal(temporary);
  try {
    await fill(temporary);
    await sync(temporary);
    return await place(temporary);
  } finally {
    stopCleaning();
    await Deno.remove(temporary).catch(() => {}); // it was renamed
  }
}

/** The name exists from the first moment with the whole content, or is left to whoever has it. */
async function placeNew(temporary: string, path: string): Promise<boolean> {
  try {
    await Deno.link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || await exists(path)) return false;
    // Some file systems know no links; there the moment between looking and renaming has to do.
    await Deno.rename(temporary, path).catch((cause) => {
      throw cannotCreate(path, cause);
    });
    return true;
  }
}

async function copy(content: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const file = await Deno.open(path, { write: true });
  try {
    for await (const piece of content) await writeAll(file, piece, path);
  } finally {
    file.close();
  }
}

async function sync(path: string): Promise<void> {
  const file = await Deno.open(path);
  await file.sync().finally(() => file.close());
}

async function writeAll(file: Deno.FsFile, piece: Uint8Array, path: string): Promise<void> {
  try {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(await file.write(rest));
  } catch (error) {
    throw cannotCreate(path, error);
  }
}

async function makeTemporary(dir: string): Promise<string> {
  try {
    return await Deno.makeTempFile({ dir, prefix: ".mailctl-" }); // mode 0600
  } catch (error) {
    throw cannotCreate(dir, error);
  }
}

function removeOnSignal(path: string): () => void {
  const signals = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const;
  const handlers = signals.map(([signal, status]) => {
    const handler = () => {
      Deno.removeSync(path);
      Deno.exit(status);
    };
    Deno.addSignalListener(signal, handler);
    return () => Deno.removeSignalListener(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

function numbered(name: string, count: number): string {
  if (count === 0) return name;
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot < 1 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
  const room = limits.maxFileNameBytes - utf8(`-${count}${ending}`).length;
  return `${cutText(stem, room)}-${count}${ending}`;
}

function taken(path: string): MailError {
  return new MailError("cannot_create", `Cannot write ${path}: it exists`, {
    hint: "--force writes over it.",
  });
}

function cannotCreate(path: string, cause: unknown): MailError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MailError("cannot_create", `Cannot write ${path}: ${reason}`, { cause });
}
