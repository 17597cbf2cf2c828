/** Where a server keeps its data, as `serve` and the commands of its administrator find it. */
import { dataFolder, join } from "./folders.ts";
import type { Settings } from "./settings.ts";

/** Finds the store's URL or path. @throws {MailError} `configuration` */
export function dataUrl(settings: Settings): string {
  return settings.find("data")?.value ?? join(dataFolder(settings.environment), "data");
}

/** Returns the folder behind a store's URL; null where there is none, as for a store in memory. */
export function folderOfData(url: string): string | null {
  if (url.startsWith("file:")) return decodeURIComponent(URL.parse(url)?.pathname ?? "");
  return /^[a-z][a-z0-9+.-]*:/i.test(url) ? null : url;
}
