/** What is known of the terminal. Off a terminal there is no colour, table, truncation or prompt. */
import { visible, type VisibleText } from "../../model/visible_text.ts";
import { host } from "../host.ts";

/** Tells whether people read standard output as it comes. */
export function isPersonReading(): boolean {
  return host.stdout.isTerminal();
}

/** Measures the terminal's width in columns; 80 where it cannot be told. */
export function terminalColumns(): number {
  try {
    return host.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Shows text bold on a terminal that has colours; `NO_COLOR` and `TERM=dumb` are honoured. */
export function bold(text: VisibleText): VisibleText {
  return isPersonReading() && hasColours() ? visible`\x1b[1m${text}\x1b[22m` : text;
}

function hasColours(): boolean {
  return !host.env.get("NO_COLOR") && host.env.get("TERM") !== "dumb";
}
