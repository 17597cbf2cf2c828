/** A server that answers a wait at once, and tells nothing, is not asked as fast as it answers. */
import assert from "node:assert/strict";
import type { Mailbox } from "../../../../src/client/mailbox.ts";
import { progressOf } from "../../../../src/client/watching/delivery_progress.ts";
import { newMail } from "../../../../src/client/watching/watch_new_mail.ts";
import { entryId } from "../../../../src/model/ids.ts";

/** Its waits are over at once. */
class HastyServer {
  asked = 0;
  isGone = false;
  /** True where each wait tells of a message that nobody waits for. */
  isInventive = false;

  readonly ask = <T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> => {
    if (++this.asked > 1_000 || this.isGone) throw new Error("nobody answers any more");
    const mailbox = {
      list: () => Promise.resolve({ messages: [], unread: 0, total: 0 }),
      waitForMail: ({ after }: { after: number }) =>
        Promise.resolve({ messages: [], last: after + Number(this.isInventive), more: false }),
      waitForRead: () => Promise.resolve({ progress: 1 }),
    };
    return work(mailbox as unknown as Mailbox);
  };
}

const waits: Readonly<Record<string, (server: HastyServer) => AsyncGenerator<unknown, never>>> = {
  "new mail": (server) => newMail(server, { unread: false }),
  "mail of somebody": (server) => {
    server.isInventive = true;
    return newMail(server, { unread: false, from: "alice" });
  },
  "what becomes of a sent message": (server) => progressOf(server, entryId(1)),
};

for (const [what, wait] of Object.entries(waits)) {
  Deno.test(`a wait for ${what} that is over at once is not asked again at once`, async () => {
    const server = new HastyServer();
    const over = assert.rejects(Array.fromAsync(wait(server)), /nobody answers/);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    const { asked } = server;
    server.isGone = true;
    await over;
    assert.ok(asked <= 3, `it was asked ${asked} times`);
  });
}
