/**
 * A server's store in a process of its own, made to be killed. It carries out calls that come by standard input, a line
 * each, and answers each by a line on standard output. Ends with its input.
 */
import { deserialize, serialize } from "node:v8";
import { MailError } from "../../src/model/errors.ts";
import { openStore } from "../../src/store/open.ts";
import type { Answer, Asked } from "./store_process.ts";

const store = await openStore(Deno.args[0]!, { domain: null });
tell("ready");

let text = "";
for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (text + piece).split("\n");
  text = lines.pop()!;
  for (const line of lines) answer(deserialize(Uint8Array.fromBase64(line)));
}
Deno.exit();

async function answer({ number, method, request, args }: Asked): Promise<void> {
  const part = request === null ? store : store.under(request);
  let said: Answer;
  try {
    const call = part[method] as (...args: unknown[]) => Promise<unknown>;
    said = { number, result: await call(...args) };
  } catch (error) {
    const { code, message } = error instanceof MailError
      ? error
      : { code: "internal" as const, message: String(error) };
    const cause = error instanceof Error ? String(error.cause ?? "") : "";
    said = { number, failure: { code, message: `${message}: ${cause}` } };
  }
  tell(Uint8Array.from(serialize(said)).toBase64());
}

function tell(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
