/** Mail from outside a second, over kept connections, each message durable on disk before it is accepted. */
import { rate, ratesInTurns } from "./rate.ts";
import { type Business, watchBusiness } from "./process.ts";
import { print, report } from "./report.ts";
import { SmtpTalk } from "./smtp_talk.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const clients = 20;
const rounds = 3;
const roundMs = 2000;

/** npm smtp-server, which stores every message as a plain row. */
const floorProgram = `
import { SMTPServer } from "npm:smtp-server@3.21.6";
import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync(Deno.args[0]);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE message (data BLOB)");
const insert = database.prepare("INSERT INTO message VALUES (?)");
const server = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  async onData(stream, session, done) {
    const pieces = [];
    for await (const piece of stream) pieces.push(piece);
    insert.run(Buffer.concat(pieces));
    done();
  },
});
import { Buffer } from "node:buffer";
server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
`;

/** Measures the server's reception beside npm smtp-server with a plain insert. */
export async function benchSmtp(place: Workplace): Promise<void> {
  await makeAccount(place, "receiver");
  const path = `${place.folder}/smtp_floor.js`;
  await Deno.writeTextFile(path, floorProgram);
  const floor = place.start(path, [`${place.folder}/smtp_floor.db`], "piped");
  try {
    const port = await firstLine(floor.stdout);
    const costs = new Map<string, Business & { readonly perSecond: number }>();
    const measure = (name: string, pid: number, address: string) => async () => {
      const talks = await Promise.all(
        Array.from({ length: clients }, () => SmtpTalk.open(address)),
      );
      const end = watchBusiness(pid);
      let next = 0;
      const perSecond = await rate(clients, roundMs, async () => {
        const talk = talks[next++ % clients]!;
        await talk.send("receiver@example.org");
      });
      costs.set(name, { ...end(), perSecond });
      for (const talk of talks) talk.close();
      return perSecond;
    };
    const [own, theirs] = await ratesInTurns(rounds, [
      measure("the server", place.serverPid, place.smtpAddress),
      measure("npm smtp-server", floor.pid, `127.0.0.1:${port}`),
    ]) as [number, number];
    report(`Mail by SMTP over ${clients} kept connections, durable on disk (a second)`, [{
      name: "sealed for its recipient",
      value: own,
      unit: "/s",
      floor: theirs,
      floorName: "npm smtp-server with a plain insert",
    }]);
    for (const [name, { all, perSecond }] of costs) {
      print(`  Processor time a message, ${name}: ${(all * 1e6 / perSecond).toFixed(0)} us\n`);
    }
  } finally {
    floor.kill("SIGKILL");
    await floor.status;
  }
}

async function firstLine(stdout: ReadableStream<Uint8Array>): Promise<string> {
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) return text.trim();
  throw new Error("The floor did not start");
}
