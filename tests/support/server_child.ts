/** A server in a process of its own, for attacks on what a process has: file descriptors, memory. */
import { serve } from "../../src/server/serve.ts";
import { stderrLog } from "../../src/server/log.ts";
import { MemoryStore } from "./memory_store.ts";

if (import.meta.main) {
  await serve({
    listen: { host: "127.0.0.1", port: 0 },
    keys: Deno.args[0]!,
    openStore: () => Promise.resolve(new MemoryStore("mail.test")),
    log: stderrLog(),
    software: "mailctl test",
    signal: endOfInput(),
    onReady: ({ address }) => {
      Deno.stdout.writeSync(new TextEncoder().encode(`${address}\n`));
    },
  });
}

/** Aborts when whoever started this process goes away. */
function endOfInput(): AbortSignal {
  const controller = new AbortController();
  Deno.stdin.readable.pipeTo(new WritableStream()).finally(() => controller.abort());
  return controller.signal;
}
