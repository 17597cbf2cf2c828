/** Sends a second, each durable on disk before it is answered. */
import { askWorker } from "./ask_worker.ts";
import type { LoadOptions, LoadReply, LoadRequest } from "./load.ts";
import { type Business, watchBusiness } from "./process.ts";
import { rate, ratesInTurns } from "./rate.ts";
import { RawGroup } from "./raw_group.ts";
import { rawBytes, type RawMessage, rawMessageOf, RawStore } from "./raw_store.ts";
import { print, report } from "./report.ts";
import { openSession, sealSends, type SendRequest } from "./session.ts";
import { makeAccount, type Workplace } from "./workplace.ts";
import { asAccountName } from "../src/model/address.ts";

const clients = 32;
const rounds = 3;
const roundMs = 1000;

/** Measures one client and many, each beside a raw database that is given the same bytes. */
export async function benchSends(place: Workplace): Promise<void> {
  await makeAccount(place, "receiver");
  await makeAccount(place, "sender");
  const requests = await prepare(place);
  const messages = requests.map(rawMessageOf);
  await withLoad(place, requests, async (load) => {
    const costs = new Map<string, Cost>();
    /** Measures a rate, and what it takes of the processor: of this process, and of the server where it has a part. */
    const watched = (who: string, server: boolean, work: () => Promise<number>) => async () => {
      const [theirs, ours] = [watchBusiness(place.serverPid), watchBusiness(Deno.pid)];
      const perSecond = await work();
      if (server) costs.set(`the server, ${who}`, { ...theirs(), perSecond });
      costs.set(`this process, ${who}`, { ...ours(), perSecond });
      return perSecond;
    };
    const floors = await openFloors(place.folder, messages);
    try {
      const [one, rawOne, many, rawMany] = await ratesInTurns(rounds, [
        watched("1 client", true, () => load(1)),
        watched("a commit each", false, floors.single),
        watched(`${clients} clients`, true, () => load(clients)),
        watched("group commit", false, floors.grouped),
      ]) as [number, number, number, number];
      tell({ one, rawOne, many, rawMany }, rawBytes(messages[0]!), costs);
    } finally {
      floors.close();
    }
  });
}

async function prepare(place: Workplace): Promise<SendRequest[]> {
  const session = await openSession(place.login("sender"));
  const requests = await sealSends(session, asAccountName("receiver"), 64);
  session.client.close();
  return requests;
}

/** Starts the clients; what `work` gets lets some of them send and tells how many sends a second that came to. */
async function withLoad(
  place: Workplace,
  requests: readonly SendRequest[],
  work: (load: (clients: number) => Promise<number>) => Promise<void>,
): Promise<void> {
  const worker = new Worker(new URL("./load.ts", import.meta.url), { type: "module" });
  try {
    const { state, server, name } = place.login("sender");
    const options: LoadOptions = { login: { state, server, name }, clients, requests };
    await askWorker<LoadReply>(worker, options);
    await work((clients) => {
      const request: LoadRequest = { clients, milliseconds: roundMs };
      return askWorker<number>(worker, request);
    });
  } finally {
    worker.terminate();
  }
}

/** Raw databases on the same disk: one message a commit, and group commit in a Worker. */
async function openFloors(folder: string, messages: readonly RawMessage[]) {
  const store = new RawStore(`${folder}/single.db`);
  const group = await RawGroup.open(`${folder}/grouped.db`);
  let written = 0;
  const next = () => messages[written++ % messages.length]!;
  return {
    single: () => rate(1, roundMs, () => store.commit([next()])),
    grouped: () => rate(clients, roundMs, () => group.write(next())),
    close: () => {
      store.close();
      group.close();
    },
  };
}

interface Rates {
  readonly one: number;
  readonly rawOne: number;
  readonly many: number;
  readonly rawMany: number;
}

/** How busy a process was while so many messages a second were stored. */
interface Cost extends Business {
  readonly perSecond: number;
}

function tell(
  { one, rawOne, many, rawMany }: Rates,
  bytes: number,
  costs: ReadonlyMap<string, Cost>,
): void {
  const rawName = "node:sqlite, a commit each";
  report(`Sends, sealed beforehand, ${bytes} bytes each, durable on disk (a second)`, [
    { name: "1 client", value: one, unit: "/s", floor: rawOne, floorName: rawName },
    {
      name: `${clients} clients (target 0.50 x)`,
      value: many,
      unit: "/s",
      floor: rawMany,
      floorName: `node:sqlite, group commit in a Worker, ${clients} callers`,
    },
  ]);
  print(
    "  Sealing a message is the client's cost: see one-shot and large. Processor time a send:\n",
  );
  for (const [who, { all, threads, perSecond }] of costs) {
    const microseconds = `${(all * 1e6 / perSecond).toFixed(0)} us`;
    const shares = threads.map((share) => share.toFixed(2)).join(", ");
    print(`  ${who.padEnd(44)}${microseconds.padStart(14)}  busiest threads ${shares}\n`);
  }
}
