/** Splits the command lines of settings into words. There is no shell: nothing else has a meaning. */

/** Splits at blanks; quotes keep words together and a backslash takes the next character as it is. */
export function splitWords(line: string): string[] {
  const words = line.match(/(?:[^\s"'\\]|\\[^]|"(?:[^"\\]|\\[^])*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
      (_, single, double, escaped) => single ?? double?.replace(/\\([^])/g, "$1") ?? escaped,
    )
  );
}
