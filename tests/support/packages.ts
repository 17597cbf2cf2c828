/** Packages of npm that tests alone use, as their lock files have them: installed once, by npm. */
import { keptFolder } from "./kept.ts";

const files = ["package.json", "package-lock.json"];
const flags = [
  "--omit-lockfile-registry-resolved",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--engine-strict",
  "--prefer-offline",
];

/**
 * Returns a folder with the `node_modules` of the `package.json` in `folder`. Nobody writes there.
 * @throws {Error} where npm is missing, or fails
 */
export async function installedPackages(folder: string): Promise<string> {
  const texts = files.map((name) => Deno.readTextFileSync(`${folder}/${name}`));
  return await keptFolder(["packages", ...texts], async (draft) => {
    for (const [at, name] of files.entries()) {
      await Deno.writeTextFile(`${draft}/${name}`, texts[at]!);
    }
    await install(draft);
  });
}

async function install(folder: string): Promise<void> {
  const { success, stderr } = await startNpm(folder);
  if (!success) throw new Error(`npm ci: ${new TextDecoder().decode(stderr)}`);
}

async function startNpm(folder: string): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("npm", { args: ["ci", ...flags], cwd: folder }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("npm is missing: install Node.js 20.19 or later");
  }
}
