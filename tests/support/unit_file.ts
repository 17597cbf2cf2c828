/** Units of systemd, as far as the tests read them: systemd.syntax(7), systemd.service(5). */

export class UnitFile {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split("\n").filter((line) => !/^\s*([#;]|$)/.test(line));
  }

  /** What the lines of a setting say, in their order. */
  all(name: string): string[] {
    return this.#lines.flatMap((line) =>
      line.startsWith(`${name}=`) ? line.slice(name.length + 1) : []
    );
  }

  /** The variables that `Environment=` sets; none of ours has blanks. */
  get environment(): Record<string, string> {
    const pairs = this.all("Environment").flatMap((line) => line.split(" "));
    return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/).slice(0, 2)));
  }
}

/** Writes a command line as a shell takes it: systemd has `%%` and `$$` for the characters themselves. */
export function shellLine(command: string): string {
  return command.replaceAll("%%", "%").replaceAll("$$", "$");
}
