/**
 * Runs a line as a person types it. One that is `mailctl` and plain or quoted words, and may be piped into other
 * programs, takes no process for mailctl: see `program_runner.ts`. For every other line sh starts one. So `exec mailctl`
 * has a process of its own, which a command needs that hands its own streams on to a program.
 */
import { splitWords } from "../../src/cli/terminal/split_command.ts";
import type { Home, Outcome, RunOptions } from "./program.ts";

export async function typeLine(home: Home, line: string, options: RunOptions): Promise<Outcome> {
  const simple = parseSimple(line);
  if (simple === null) return await home.shell(line, options);
  const first = await home.run(simple.args, options);
  if (simple.filter === null) return first;
  const last = await home.shell(simple.filter, { stdin: first.bytes });
  return { ...last, err: first.err + last.err };
}

const word = /(?:[\w\-.,:/@%+=]|'[^']*'|"[^"$`\\]*")+/.source;
const simpleCommand = new RegExp(`^mailctl((?: +${word})*)(?: \\| ((?!.*mailctl).+))?$`);

/** The words of a line that needs no shell, and the shell's part behind a pipe; null where it is none of these. */
function parseSimple(line: string): { args: string[]; filter: string | null } | null {
  const [found, words = "", filter = null] = simpleCommand.exec(line) ?? [];
  return found === undefined ? null : { args: splitWords(words), filter };
}
