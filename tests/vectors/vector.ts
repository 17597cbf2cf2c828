/** The recorded scenarios beside this file: JSON, with bytes written as "hex:...". */

const folder = new URL(".", import.meta.url);

/** Reads a scenario by its name. */
export async function readVector<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, folder)), reviveBytes);
}

/** Writes a scenario; an existing one only to replace it deliberately. Returns whether it is another now. */
export async function writeVector(name: string, value: unknown, replace: boolean) {
  const text = `${JSON.stringify(plainJson(value), null, 1)}\n`;
  const file = new URL(`${name}.json`, folder);
  try {
    if (replace && await Deno.readTextFile(file).catch(() => null) === text) return false;
    await Deno.writeTextFile(file, text, { createNew: !replace });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Rewrites a value with every run of bytes as a text. */
export function plainJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return `hex:${value.toHex()}`;
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainJson(item)]));
}

function reviveBytes(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith("hex:")
    ? Uint8Array.fromHex(value.slice(4))
    : value;
}
