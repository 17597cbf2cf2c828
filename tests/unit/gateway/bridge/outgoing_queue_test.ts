/** Mail that waits in the bridge is sent once it can be, whatever else is sent at the same time. */
import assert from "node:assert/strict";
import type { Mailbox } from "../../../../src/client/mailbox.ts";
import { Spool } from "../../../../src/client/submission/spool.ts";
import { OutgoingQueue } from "../../../../src/gateway/bridge/outgoing_queue.ts";
import { utf8 } from "../../../../src/model/bytes.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { until } from "../../../support/person.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

const away = new MailError("unavailable", "Cannot reach the server");
const lost = () => Promise.reject(away);
const account = { server: "mail.test:1", user: "bob@mail.test" };

/** Sends in turn as it is said, and all behind that. */
class Queue {
  readonly spool: Spool;
  readonly queue: OutgoingQueue;
  readonly trouble: unknown[] = [];
  /** What the next mailboxes are opened by, and the next messages sent by. */
  readonly opens: (() => Promise<never>)[] = [];
  readonly sends: (() => Promise<unknown>)[] = [];

  constructor(folder: string) {
    this.spool = new Spool(folder);
    const mailbox = {
      account: () => Promise.resolve({ address: "bob@mail.test", domain: "mail.test" }),
      findSent: () => Promise.resolve(null),
      send: () => this.sends.shift()?.() ?? Promise.resolve(),
      finish: () => Promise.resolve(),
    } as unknown as Mailbox;
    this.queue = new OutgoingQueue({
      spool: this.spool,
      account,
      open: () => this.opens.shift()?.() ?? Promise.resolve(mailbox),
      now: Date.now,
      onFailed: () => assert.fail(),
      onTrouble: (error) => void this.trouble.push(error),
    });
  }

  take(): Promise<boolean> {
    const body = ReadableStream.from([utf8("\r\nHello.\r\n")]);
    return this.queue.take({ recipients: ["alice"], header: utf8("Subject: s\r\n"), body });
  }

  /** Waits until nothing waits. */
  empty(): Promise<void> {
    return until(async () => (await this.spool.ids()).length === 0, "all is sent");
  }
}

Deno.test("what has to wait while the last of those before it is sent is sent as well", () =>
  inFolder(async (folder) => {
    const waiting = new Queue(folder);
    const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    waiting.sends.push(lost, () => (begun.resolve(), held.promise), lost);
    assert.equal(await waiting.take(), false);
    await begun.promise;
    assert.equal(await waiting.take(), false);
    held.resolve();
    await waiting.empty();
    assert.deepEqual(waiting.trouble, []);
  }));

Deno.test("what keeps the queue from sending is told, and it goes on when that is over", () =>
  inFolder(async (folder) => {
    const waiting = new Queue(folder);
    waiting.sends.push(lost);
    waiting.opens.push(lost, lost);
    assert.equal(await waiting.take(), false);
    await waiting.empty();
    assert.deepEqual(waiting.trouble, [away]);
  }));
