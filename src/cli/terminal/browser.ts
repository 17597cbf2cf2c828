/**
 * Opens the page in a browser. The link lets in whoever comes first, and arguments of programs can be seen by all users
 * of a machine: so the browser is given a file that only this user can read, and the file leads to the link.
 */
import { limits } from "../../model/limits.ts";
import { randomBytes } from "../../model/bytes.ts";
import { inherited } from "../settings/inherited.ts";
import { say } from "./output.ts";

/** Opens the browser and returns what removes the file: the link in it is no longer good then. */
export async function announcePage(
  link: (validMs: number) => string,
  stateFolder: string,
): Promise<() => void> {
  const path = await writePrivately(`${stateFolder}/web`, link(limits.pageLinkTimeoutMs))
    .catch(() => null);
  if (path === null || !await openBrowser(path)) {
    say("Cannot open a browser: open the address yourself");
  }
  if (path === null) return () => {};
  const remove = () => removeQuietly(path);
  const timer = setTimeout(remove, limits.pageLinkTimeoutMs);
  return () => {
    clearTimeout(timer);
    remove();
  };
}

async function writePrivately(folder: string, link: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await Deno.chmod(folder, 0o700);
  const path = `${folder}/open-${randomBytes(8).toHex()}.html`;
  await Deno.writeTextFile(path, leadingTo(link), { mode: 0o600, createNew: true });
  return path;
}

function leadingTo(link: string): string {
  return `<!doctype html><meta charset="utf-8"><title>mailctl</title>` +
    `<meta name="referrer" content="no-referrer">` +
    `<meta http-equiv="refresh" content="0;url=${link}"><a href="${link}">mailctl</a>\n`;
}

/** Starts what this system opens files with. False: there is none, or it failed. */
async function openBrowser(path: string): Promise<boolean> {
  const [program, ...args] = openers[Deno.build.os] ?? ["xdg-open"];
  try {
    const child = new Deno.Command(program!, {
      args: [...args, path],
      clearEnv: true,
      env: inherited(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.unref();
    return await Promise.race([child.status.then(({ success }) => success), aMoment()]);
  } catch {
    return false;
  }
}

const openers: Readonly<Partial<Record<typeof Deno.build.os, readonly string[]>>> = {
  darwin: ["open"],
  windows: ["explorer.exe"],
};

/** A browser that is started by it may keep it until it ends. */
function aMoment(): Promise<true> {
  return new Promise((resolve) => setTimeout(() => resolve(true), 3_000));
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // gone already
  }
}
