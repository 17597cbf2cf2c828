/** The files under a folder, by paths relative to it, with `/`. */
export function listFiles(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${prefix}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? listFiles(folder, `${prefix}${name}/`) : [`${prefix}${name}`]
  );
}
