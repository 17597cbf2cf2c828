/** Golden files: the shape of what a command printed once with `--json`, looked at and kept. */
import assert from "node:assert/strict";

const folder = new URL("../golden/", import.meta.url).pathname;
const isWritten = Deno.env.get("GOLDEN") === "write";

/** Holds the shape of a value to the golden file of that name; `deno task golden` writes the file instead. */
export async function holdToGolden(name: string, value: unknown): Promise<void> {
  const path = `${folder}${name}.json`;
  const text = `${JSON.stringify(shapeOf(value, name), null, 2)}\n`;
  if (isWritten) return await Deno.writeTextFile(path, text);
  assert.equal(text, await Deno.readTextFile(path), `${name}.json (deno task golden)`);
}

/** The names of all golden files. */
export function goldenNames(): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name.replace(/\.json$/, ""));
}

/** Has the type of every value in its place, and of a list the shapes that its members have. */
function shapeOf(value: unknown, name: string): unknown {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    const shapes = value.map((item) => JSON.stringify(shapeOf(item, name)));
    return [...new Set(shapes)].map((shape) => JSON.parse(shape));
  }
  if (typeof value !== "object") return typeof value;
  if (name !== "read" && isMessage(value)) return "a message, see read.json";
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [field, shapeOf(item, name)]),
  );
}

/** Its fields stand in one golden file: a new one is seen there, and not in that of every list of messages. */
function isMessage(value: object): boolean {
  return Object.hasOwn(value, "sealedBytes") && Object.hasOwn(value, "outcome");
}
