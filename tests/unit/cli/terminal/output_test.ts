/** What reaches a terminal: text that was made harmless, and nothing that was not. */
import { equal } from "node:assert/strict";
import { type Host, processHost, withHost } from "../../../../src/cli/host.ts";
import {
  say,
  write,
  writeData,
  writeError,
  writeLine,
} from "../../../../src/cli/terminal/output.ts";
import { askHidden, askLine, askYesNo } from "../../../../src/cli/terminal/prompt.ts";
import type { PromptTerminal } from "../../../../src/cli/terminal/prompt.ts";
import type { Write } from "../../../../src/cli/terminal/pager.ts";
import { bold } from "../../../../src/cli/terminal/terminal.ts";
import { joinVisible, visible, visibleLine } from "../../../../src/model/visible_text.ts";

/** A subject, a file name, an address, what a server said. */
const hostile: string = "\x1b[2J";

/** Never run: that each of these compiles only against its comment is what is tested, by `deno check`. */
export const forgotten = [
  // @ts-expect-error: not visible
  () => write(hostile),
  // @ts-expect-error: not visible, whatever it is put into
  () => write(`${visibleLine(hostile)}\n`),
  // @ts-expect-error: not visible
  () => writeLine(hostile),
  // @ts-expect-error: not visible
  () => writeError(hostile),
  // @ts-expect-error: a value between our words is made visible first
  () => write(visible`From ${hostile}\n`),
  // @ts-expect-error: one of them is not visible
  () => write(joinVisible([visible`a`, hostile])),
  // @ts-expect-error: what was cut out of visible text may be anything
  () => write(visibleLine(hostile).slice(1)),
  // @ts-expect-error: not visible
  () => bold(hostile),
  // @ts-expect-error: bytes go to a pipe, through writeData
  () => write(new Uint8Array()),
  // @ts-expect-error: not visible
  (page: Write) => page(hostile),
  // @ts-expect-error: not visible
  (terminal: PromptTerminal) => terminal.write(hostile),
  // @ts-expect-error: not visible
  (terminal: PromptTerminal) => askHidden(terminal, hostile),
  // @ts-expect-error: not visible
  (terminal: PromptTerminal) => askLine(terminal, hostile),
  // @ts-expect-error: not visible
  (terminal: PromptTerminal) => askYesNo(terminal, hostile),
];

/** What work wrote to standard output and to standard error. */
async function written(work: () => Promise<void>): Promise<[out: string, err: string]> {
  const decoder = new TextDecoder();
  const seen: [string, string] = ["", ""];
  const keep = (stream: 0 | 1, bytes: Uint8Array) => {
    seen[stream] += decoder.decode(bytes);
    return bytes.length;
  };
  const host: Host = {
    ...processHost,
    stdout: { write: (bytes) => Promise.resolve(keep(0, bytes)), isTerminal: () => true },
    stderr: { writeSync: (bytes) => keep(1, bytes), isTerminal: () => true },
  };
  await withHost(host, work);
  return seen;
}

Deno.test("what a person reads is visible; what a program reads is as it is", async () => {
  const [out, err] = await written(async () => {
    await writeLine(visible`id ${7}: ${visibleLine(hostile)}`);
    await writeData(hostile);
    say(hostile);
  });
  equal(out, "id 7: ␛[2J\n\x1b[2J");
  equal(err, "mailctl: ␛[2J\n");
});

Deno.test("a write that takes a part goes on with the rest", async () => {
  const seen: string[] = [];
  const stdout = {
    write: (bytes: Uint8Array) => {
      seen.push(new TextDecoder().decode(bytes.subarray(0, 2)));
      return Promise.resolve(Math.min(2, bytes.length));
    },
    isTerminal: () => false,
  };
  await withHost({ ...processHost, stdout }, () => write(visible`hello`));
  equal(seen.join("|"), "he|ll|o");
});
