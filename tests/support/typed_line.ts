/**
 * Runs a line as a person types it. mailctl takes no process of its own for it, see `program_runner.ts`, but where sh
 * starts one that is to have it: `exec mailctl` has one, which a command needs that hands its own streams on.
 */
import { splitWords } from "../../src/cli/terminal/split_command.ts";
import type { Home, Outcome, RunOptions } from "./program.ts";
import { typedProgramOf } from "./typed_program.ts";

export async function typeLine(home: Home, line: string, options: RunOptions): Promise<Outcome> {
  const simple = parseSimple(line);
  if (simple === null) return await home.shell(line, withProgram(home, line, options));
  const first = await home.run(simple.args, options);
  if (simple.filter === null) return first;
  const last = await home.shell(simple.filter, { stdin: first.bytes });
  return { ...last, err: first.err + last.err };
}

/** Has `mailctl` in the shell's PATH; of an `exec` it is the program itself. */
function withProgram(home: Home, line: string, options: RunOptions): RunOptions {
  if (/\bexec mailctl\b/.test(line)) return options;
  const path = `${typedProgramOf(home)}:${home.env["PATH"]}`;
  return { ...options, env: { ...options.env, PATH: path } };
}

const word = /(?:[\w\-.,:/@%+=]|'[^']*'|"[^"$`\\]*")+/.source;
const simpleCommand = new RegExp(`^mailctl((?: +${word})*)(?: \\| ((?!.*mailctl).+))?$`);

/** The words of a line that needs no shell, and the shell's part behind a pipe; null where it is none of these. */
function parseSimple(line: string): { args: string[]; filter: string | null } | null {
  const [found, words = "", filter = null] = simpleCommand.exec(line) ?? [];
  return found === undefined ? null : { args: splitWords(words), filter };
}
