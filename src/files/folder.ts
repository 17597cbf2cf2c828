/** Folders whose names survive a power cut: a name is on disk only once the folder that holds it is synced. */

/** Makes a folder of mode 0700, with those above it; returns once their names are on disk. */
export async function makeFolder(path: string): Promise<void> {
  if (isFolder(path)) return;
  const above = folderOf(path.replace(/\/+$/, ""));
  if (above !== path) await makeFolder(above);
  await Deno.mkdir(path, { mode: 0o700 }).catch((error) => {
    if (!isFolder(path)) throw error; // else another program made it just now
  });
  await Deno.chmod(path, 0o700); // whatever the umask took away
  await syncFolder(above);
}

/** Writes the names in a folder to disk. A folder that we may not read, or that cannot be synced, is left as it is. */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // it knows no such call
  const folder = openReadable(path);
  await folder?.sync().catch(ignoreUnsupported).finally(() => folder.close());
}

/** The folder that holds a path. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/** False too for a link to nothing, and for a path that cannot be looked at. */
export async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** False too for a path that cannot be looked at: opening it tells why. */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function openReadable(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}

/** fsync(2): EINVAL and ENOTSUP come from file systems that keep no names of their own. */
function ignoreUnsupported(error: unknown): void {
  const { code } = error as { code?: string };
  if (code !== "EINVAL" && code !== "ENOTSUP" && code !== "EOPNOTSUPP") throw error;
}
