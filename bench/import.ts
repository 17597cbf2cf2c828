/** A mailbox of 1,000 messages, brought in by the program from an mbox file; each durable before it counts. */
import { randomBytes } from "../src/model/bytes.ts";
import { cpuSeconds } from "./process.ts";
import { inTurns, print, report } from "./report.ts";
import { RawStore } from "./raw_store.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const messages = 1000;
const rounds = 3;
/** As many as the program has under way at once. */
const batch = 16;

/** Measures an import beside the same messages as plain rows, in the clear, in as few commits. */
export async function benchImport(place: Workplace): Promise<void> {
  const path = `${place.folder}/import.mbox`;
  const texts = Array.from({ length: messages }, (_, at) => textOf(at));
  await Deno.writeTextFile(
    path,
    texts.map((text) => `From al Thu Jan  1 00:00:00 2026\n${text}`).join(""),
  );
  const rows = texts.map((text) => new TextEncoder().encode(text));
  let round = 0;
  for (let at = 0; at < rounds; at++) await makeAccount(place, `import${at}`);
  let busy = 0;
  const [imported, floor] = await inTurns(rounds, [
    async () => {
      const before = cpuSeconds(place.serverPid);
      await place.run(place.program, ["import", path, "--user", `import${round}`]);
      busy += cpuSeconds(place.serverPid) - before;
    },
    () => store(`${place.folder}/import${round++}.db`, rows),
  ]) as [number, number];
  const floorName = `plain rows, a commit for every ${batch}`;
  const figure = { value: imported, unit: "ms", floor, floorName };
  report(`An mbox of ${messages.toLocaleString("en")} messages, imported (milliseconds)`, [
    { name: "import", ...figure },
  ]);
  print(`  Messages imported a second: ${(messages * 1000 / imported).toFixed(0)}\n`);
  const eachMs = busy * 1000 / rounds / messages;
  print(`  Processor time a message, the server: ${eachMs.toFixed(2)} ms\n`);
}

/** A message of about 2 KiB. */
function textOf(number: number): string {
  const body = randomBytes(800).toHex().replaceAll(/.{72}/g, "$&\n");
  return `From: al@x.example\nMessage-ID: <${number}@x.example>\nSubject: ${number}\n\n${body}\n\n`;
}

function store(path: string, rows: readonly Uint8Array[]): void {
  const raw = new RawStore(path);
  try {
    for (let at = 0; at < rows.length; at += batch) {
      raw.commit(
        rows.slice(at, at + batch).map((body, number) => ({
          body,
          envelopes: [],
          idempotencyKey: new Uint8Array(32).fill(number),
          contentTag: new Uint8Array(32),
        })),
      );
    }
  } finally {
    raw.close();
  }
}
