/** Mail from outside, sealed in Workers: to its readers alone, bounded, and with nothing lost where a Worker ends. */
import assert from "node:assert/strict";
import { generateIdentity, recipientOf } from "../../src/crypto/account/age_key.ts";
import { openPayload } from "../../src/crypto/age/payload.ts";
import { openUnsigned } from "../../src/crypto/message/unsigned.ts";
import { verifyPieces } from "../../src/crypto/message/piece.ts";
import { Sealing, type Unsealed } from "../../src/gateway/reception/sealing.ts";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { openSealed } from "../support/envelope.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

const origin: Unsealed["origin"] = {
  kind: "smtp",
  account: null,
  sender: "ann@elsewhere.test",
  host: "elsewhere.test",
  address: "192.0.2.1",
  arrivedAt: 1_767_323_045_000,
};
const workerBytes = 64 * 1024;

function message(content: string | Uint8Array, ...recipients: string[]): Unsealed {
  const bytes = typeof content === "string" ? utf8(content) : content;
  return { source: ReadableStream.from([bytes]), recipients, origin };
}

const startWorker = () =>
  new Worker(new URL("../../src/gateway/reception/sealing_worker.ts", import.meta.url), {
    type: "module",
  });

/** A Worker that does nothing but this with what it is given. */
function workerThat(does: string): Worker {
  const program = `onmessage = () => { ${does} };`;
  return new Worker(`data:text/javascript,${encodeURIComponent(program)}`, { type: "module" });
}

/** Sealing that has a long message to seal, whose end does not come: short ones go to Workers from now on. */
class BusySealing implements AsyncDisposable {
  readonly sealing: Sealing;
  /** Workers that were started. */
  started = 0;
  readonly #end = Promise.withResolvers<void>();
  #held: Promise<unknown> = Promise.resolve();

  private constructor(maxWorkers: number, start: () => Worker) {
    this.sealing = new Sealing({
      maxWorkers,
      startWorker: () => {
        this.started++;
        return start();
      },
    });
  }

  static async begin(maxWorkers: number, start: () => Worker = startWorker): Promise<BusySealing> {
    const busy = new BusySealing(maxWorkers, start);
    const isRead = Promise.withResolvers<void>();
    const end = busy.#end.promise;
    const source = async function* () {
      yield new Uint8Array(workerBytes + 1);
      isRead.resolve();
      await end;
    };
    busy.#held = busy.seal({
      ...message("", await recipientOf(generateIdentity())),
      source: source(),
    });
    await isRead.promise;
    return busy;
  }

  async seal(message: Unsealed) {
    const payload: Uint8Array[] = [];
    const append = (bytes: Uint8Array) => Promise.resolve(void payload.push(bytes));
    const envelopes = await this.sealing.seal(message, append);
    return { payload: concatBytes(payload), envelopes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.resolve();
    await this.#held;
    this.sealing.close();
  }
}

type Sealed = Awaited<ReturnType<BusySealing["seal"]>>;

async function openBody(identity: string, { payload, envelopes }: Sealed, at = 0): Promise<string> {
  const envelope = await openUnsigned(await openSealed(identity, envelopes[at]!));
  assert.deepEqual(envelope.origin, origin);
  const body = verifyPieces(
    openPayload(envelope.fileKey, ReadableStream.from([payload])),
    envelope,
  );
  return new TextDecoder().decode(concatBytes(await Array.fromAsync(body)));
}

Deno.test("messages that come at once are sealed in Workers, each to its own readers in their order", async () => {
  await using busy = await BusySealing.begin(2);
  const readers = Array.from({ length: 3 }, generateIdentity);
  const keys = await Promise.all(readers.map(recipientOf));
  const texts = Array.from({ length: 40 }, (_, at) => `Subject: ${at}\r\n\r\nbody ${at}\r\n`);
  const sealed = await Promise.all(
    texts.map((text, at) => busy.seal(message(text, keys[at % 3]!, keys[(at + 1) % 3]!))),
  );
  for (const [at, text] of texts.entries()) {
    assert.equal(await openBody(readers[at % 3]!, sealed[at]!, 0), text);
    assert.equal(await openBody(readers[(at + 1) % 3]!, sealed[at]!, 1), text);
  }
  assert.equal(busy.started, 2);
});

for (
  const [name, maxWorkers, length] of [
    ["one core has no Worker", 0, 10],
    ["a long message needs none", 1, workerBytes + 1],
  ] as const
) {
  Deno.test(`${name}: it is sealed where the connections are`, async () => {
    await using busy = await BusySealing.begin(maxWorkers);
    const identity = generateIdentity();
    const text = "x".repeat(length);
    const sealed = await busy.seal(message(text, await recipientOf(identity)));
    assert.equal(await openBody(identity, sealed), text);
    assert.equal(busy.started, 0);
  });
}

Deno.test("one message at a time starts no Worker", async () => {
  const sealing = new Sealing({ maxWorkers: 1, startWorker: () => assert.fail("started") });
  const recipient = await recipientOf(generateIdentity());
  for (let count = 0; count < 3; count++) {
    await sealing.seal(message("Subject: x\r\n\r\n", recipient), () => Promise.resolve());
  }
});

Deno.test("a message that cannot be sealed fails alone", async () => {
  await using busy = await BusySealing.begin(1);
  const identity = generateIdentity();
  const recipient = await recipientOf(identity);
  const [bad, good] = await Promise.allSettled([
    busy.seal(message("bad", "age1pq1nobody")),
    busy.seal(message("good", recipient)),
  ]);
  assert.equal(bad.status === "rejected" && bad.reason.code, "internal");
  assert.equal(good.status === "fulfilled" && await openBody(identity, good.value), "good");
  assert.equal(busy.started, 1);
});

Deno.test("Workers have 4 MiB at a time: what comes then is sealed where the connections are", async () => {
  await using busy = await BusySealing.begin(1, () => workerThat(""));
  const identity = generateIdentity();
  const recipient = await recipientOf(identity);
  const waiting = Array.from(
    { length: 64 },
    () => busy.seal(message(new Uint8Array(workerBytes), recipient)),
  );
  const settled = Promise.allSettled(waiting);
  const sealed = await busy.seal(message("one more", recipient));
  assert.equal(await openBody(identity, sealed), "one more");
  busy.sealing.close();
  const ends = (await settled).map((each) => each.status === "rejected" && each.reason.code);
  assert.deepEqual(ends, Array(64).fill("internal"));
});

Deno.test("a Worker that dies: its client is to try again, and then another Worker is there", async () => {
  const workers = [() => workerThat("throw new Error('died')"), startWorker];
  await using busy = await BusySealing.begin(1, () => workers.shift()!());
  await using stage = await ReceptionStage.start({ sealing: busy.sealing });
  const bob = await stage.join("bob");
  const program = await stage.connect();
  for (const reply of ["451 4.3.0 Cannot encrypt the message", "250 2.6.0"]) {
    await program.talk([
      ["MAIL FROM:<carol@world.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
      ["Subject: again\r\n\r\nx\r\n.", reply],
    ]);
  }
  const subjects = (await stage.inbox(bob)).map(({ envelope }) => envelope.subject);
  assert.deepEqual(subjects, ["again"]);
  assert.match(String((stage.defects.splice(0)[0] as Error).cause), /died/);
});
