/** Questions to a person. They go to the terminal only, and leave it as it was whatever happens. */
import { utf8 } from "../../model/bytes.ts";
import { visible, type VisibleText } from "../../model/visible_text.ts";
import { Interrupted } from "./failure.ts";
import { host } from "../host.ts";
import { beforeEnd } from "./signals.ts";

/** The little of a terminal that a question needs. */
export interface PromptTerminal {
  read(buffer: Uint8Array): Promise<number | null>;
  write(text: VisibleText): void;
  setRaw(raw: boolean): void;
  close(): void;
}

/**
 * Opens the terminal that a person sits at; null where there is none. Also finds it behind a pipe, but
 * then only if somebody sees the error output: a script is never made to wait.
 */
export function openTerminal(): PromptTerminal | null {
  const stdin = host.stdin.isTerminal();
  if (!stdin && !host.stderr.isTerminal()) return null;
  return stdin ? standardStreams() : openDevice();
}

/** Reads a line without showing it. @throws {Interrupted} on Ctrl-C */
export async function askHidden(terminal: PromptTerminal, question: VisibleText): Promise<string> {
  const restore = () => {
    terminal.setRaw(false);
    terminal.write(visible`\n`);
  };
  const stopGuarding = beforeEnd(restore);
  terminal.setRaw(true); // before the question: an answer may come at once
  try {
    terminal.write(question);
    return await readHidden(terminal);
  } finally {
    restore();
    stopGuarding();
  }
}

/** Asks for a line that is shown as it is typed; the end of input is null. @throws {Interrupted} on Ctrl-C */
export async function askLine(
  terminal: PromptTerminal,
  question: VisibleText,
): Promise<string | null> {
  terminal.write(question);
  return await readLine(terminal);
}

/** Asks until the answer is yes or no; the end of input is a no. @throws {Interrupted} on Ctrl-C */
export async function askYesNo(terminal: PromptTerminal, question: VisibleText): Promise<boolean> {
  for (;;) {
    terminal.write(visible`${question} [yes/no] `);
    const answer = await readLine(terminal);
    if (answer === null || /^no?$/i.test(answer.trim())) return false;
    if (/^y(es)?$/i.test(answer.trim())) return true;
    terminal.write(visible`Please answer yes or no.\n`); // what was typed may be a password
  }
}

async function readHidden(terminal: PromptTerminal): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  let line: string[] = [];
  for (;;) {
    const count = await terminal.read(buffer);
    for (const key of decoder.decode(buffer.subarray(0, count ?? 0), { stream: true })) {
      if (key === "\r" || key === "\n" || key === "\x04") return line.join("");
      if (key === "\x03") throw new Interrupted();
      if (key === "\x7f" || key === "\b") line.pop();
      else if (key === "\x15") line = []; // Ctrl-U
      else line.push(key);
    }
    if (count === null) return line.join("");
  }
}

async function readLine(terminal: PromptTerminal): Promise<string | null> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  let line = "";
  while (!line.includes("\n")) {
    const count = await terminal.read(buffer);
    if (count === null) return line === "" ? null : line;
    line += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return line.slice(0, line.indexOf("\n"));
}

/** The terminal behind a pipe. Deno opens devices only with every permission there is, and a shell without. */
function openDevice(): PromptTerminal | null {
  const shell = (script: string, ...args: string[]) =>
    new Deno.Command("sh", { args: ["-c", script, "sh", ...args], stderr: "null" });
  const mode = shell(": >/dev/tty && stty -g </dev/tty").outputSync();
  if (!mode.success) return null;
  const before = new TextDecoder().decode(mode.stdout).trim();
  return {
    async read(buffer) {
      const { stdout } = await shell('dd bs="$1" count=1 </dev/tty', `${buffer.length}`).output();
      buffer.set(stdout);
      return stdout.length === 0 ? null : stdout.length;
    },
    write: (text) => void shell('printf %s "$1" >/dev/tty', text).outputSync(),
    setRaw: (raw) => void shell("stty $1 </dev/tty", raw ? "raw -echo" : before).outputSync(),
    close() {},
  };
}

function standardStreams(): PromptTerminal {
  return {
    read: (buffer) => host.stdin.read(buffer),
    write: (text) => void host.stderr.writeSync(utf8(text)),
    setRaw: (raw) => host.stdin.setRaw(raw),
    close() {},
  };
}
