/** Why a file cannot be used, in words that do not name it: whoever tells it has the name. */

/** Says why the system refused a file or a folder; of an error that is not the system's, its own words. */
export function reasonOf(error: unknown, what: "file" | "folder" = "file"): string {
  if (error instanceof Deno.errors.NotCapable) return notCapable;
  const code = codeOf(error);
  if (code === "ENOENT") return `there is no such ${what}`;
  if (code !== undefined && Object.hasOwn(reasons, code)) return reasons[code]!;
  return error instanceof Error ? error.message : String(error);
}

/** True where room on the disk is all that is missing. */
export function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(codeOf(error) ?? "");
}

/** The runtime gives EFBIG no code, only words. */
function codeOf(error: unknown): string | undefined {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return code ?? (message?.startsWith("File too large (os error 27)") ? "EFBIG" : undefined);
}

/** The runtime asks for every permission there, foreign functions too, which the program does not have. */
const notCapable = "mailctl cannot use files under /proc, /sys and /dev";

/** errno(3) */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EEXIST: "there is another file of that name",
  ENOTDIR: "a part of its path is not a folder",
  EISDIR: "it is a folder",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "your disk quota is used up",
  EFBIG: "it would be larger than the file system, or `ulimit -f`, allows",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open on this machine",
  ELOOP: "too many symbolic links lead to it",
  ENAMETOOLONG: "its name is too long",
  EIO: "the disk failed",
  ESTALE: "its network file system is gone",
};
