import { deepEqual, equal, rejects } from "node:assert/strict";
import { Interrupted } from "../../../../src/cli/terminal/failure.ts";
import { askHidden, askYesNo, type PromptTerminal } from "../../../../src/cli/terminal/prompt.ts";
import { visible } from "../../../../src/model/visible_text.ts";

/** A terminal where a person types these texts, one a read. */
class TypedTerminal implements PromptTerminal {
  shown = "";
  readonly raw: boolean[] = [];
  readonly #typed: Uint8Array[];

  constructor(...typed: (string | Uint8Array)[]) {
    this.#typed = typed.map((text) =>
      typeof text === "string" ? new TextEncoder().encode(text) : text
    );
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const next = this.#typed.shift();
    if (next !== undefined) buffer.set(next);
    return Promise.resolve(next?.length ?? null);
  }

  write(text: string): void {
    this.shown += text;
  }

  setRaw(raw: boolean): void {
    this.raw.push(raw);
  }

  close(): void {}
}

Deno.test("a hidden answer is not shown, and the terminal is restored", async () => {
  const terminal = new TypedTerminal("gehe", "im\x7f\x7ffoo", "\r");
  equal(await askHidden(terminal, visible`Password: `), "gehefoo");
  equal(terminal.shown, "Password: \n");
  deepEqual(terminal.raw, [true, false]);
});

Deno.test("a hidden answer may be erased, and cut anywhere", async () => {
  equal(await askHidden(new TypedTerminal("wrong\x15right\n"), visible``), "right");
  const [first, second] = [new Uint8Array([0xc3]), new Uint8Array([0xbc, 13])];
  equal(await askHidden(new TypedTerminal(first, second), visible``), "ü");
  equal(await askHidden(new TypedTerminal("end"), visible``), "end");
});

Deno.test("Ctrl-C interrupts and restores the terminal", async () => {
  const terminal = new TypedTerminal("abc\x03");
  await rejects(askHidden(terminal, visible``), Interrupted);
  deepEqual(terminal.raw, [true, false]);
});

Deno.test("a question takes yes or no and nothing else; the end of input is a no", async () => {
  const terminal = new TypedTerminal("maybe\n", "y", "es\n");
  equal(await askYesNo(terminal, visible`Is it?`), true);
  equal(terminal.shown.split("Is it?").length - 1, 2);
  equal(await askYesNo(new TypedTerminal("no\n"), visible``), false);
  equal(await askYesNo(new TypedTerminal(), visible``), false);
});
