/** What is known of the terminal. Off a terminal there is no colour, table, truncation or prompt. */

/** Tells whether people read standard output as it comes. */
export function isPersonReading(): boolean {
  return Deno.stdout.isTerminal();
}

/** Measures the terminal's width in columns; 80 where it cannot be told. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Shows text bold on a terminal that has colours; `NO_COLOR` and `TERM=dumb` are honoured. */
export function bold(text: string): string {
  return isPersonReading() && hasColours() ? `\x1b[1m${text}\x1b[22m` : text;
}

function hasColours(): boolean {
  return !Deno.env.get("NO_COLOR") && Deno.env.get("TERM") !== "dumb";
}
