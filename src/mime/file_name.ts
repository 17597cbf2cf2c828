/** File names that a stranger chose, made fit to be one component of a path. */

import { cutText, utf8 } from "../model/bytes.ts";
import { limits } from "../model/limits.ts";

const maxExtensionBytes = 16;

/**
 * Cleans a file name: its last component, without control or direction characters, of at most
 * `limits.maxFileNameBytes` bytes of UTF-8. `null` means that nothing usable is left.
 */
export function cleanFileName(name: string): string | null {
  // Direction characters make "gpj.exe" look like "exe.jpg".
  const visible = name.toWellFormed().replace(
    /[\p{Cc}\u2028-\u202e\u2066-\u2069\u200e\u200f]/gu,
    "",
  );
  const component = visible.split(/[/\\]/).at(-1)?.trim() ?? "";
  const cut = cutName(component);
  return cut === "" || cut === "." || cut === ".." ? null : cut;
}

function cutName(name: string): string {
  if (byteLength(name) <= limits.maxFileNameBytes) return name;
  const extension = /\.[^.\s]+$/.exec(name)?.[0] ?? "";
  const kept = byteLength(extension) <= maxExtensionBytes ? extension : "";
  return cutText(name, limits.maxFileNameBytes - byteLength(kept)) + kept;
}

function byteLength(text: string): number {
  return utf8(text).length;
}
