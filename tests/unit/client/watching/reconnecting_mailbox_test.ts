/** A mailbox over connections that fail, and the arrivals that are read through it. */
import assert from "node:assert/strict";
import { arrivals } from "../../../../src/client/watching/new_mail.ts";
import type { ListedMessage, Mailbox } from "../../../../src/client/mailbox.ts";
import { SteadyMailbox } from "../../../../src/client/watching/reconnecting_mailbox.ts";
import { type FailureCode, MailError } from "../../../../src/model/errors.ts";

/** Mailboxes, one a connection, that remember when they were closed. */
class Connections {
  readonly opened: { closed: boolean }[] = [];

  open(): Mailbox {
    const state = { closed: false };
    this.opened.push(state);
    const mailbox = {
      number: this.opened.length,
      close: () => state.closed = true,
      reopen: () => Promise.resolve(this.open()),
    };
    return mailbox as unknown as Mailbox;
  }
}

function failing(code: FailureCode): MailError {
  return new MailError(code, `Cannot: ${code}`);
}

/** A steady mailbox that has worked once, and what it told of trouble. */
async function steadyOne() {
  const connections = new Connections();
  const troubles: string[] = [];
  const steady = new SteadyMailbox(
    connections.open(),
    ({ message }) => void troubles.push(message),
  );
  await steady.use(() => Promise.resolve());
  return { connections, troubles, steady };
}

Deno.test("a server that cannot be reached at first is not waited for", async () => {
  const connections = new Connections();
  const steady = new SteadyMailbox(connections.open(), () => assert.fail());
  const used = steady.use(() => Promise.reject(failing("unavailable")));
  await assert.rejects(used, { code: "unavailable" });
  assert.equal(connections.opened.length, 1);
  steady.close();
});

Deno.test("what was cut is done again on a new connection, and the old one is closed", async () => {
  const { connections, troubles, steady } = await steadyOne();
  let tries = 0;
  const result = await steady.use((mailbox) =>
    ++tries === 1 ? Promise.reject(failing("unavailable")) : Promise.resolve(mailbox)
  );
  assert.equal(result, steady.mailbox);
  assert.deepEqual(connections.opened, [{ closed: true }, { closed: false }]);
  assert.deepEqual(troubles, [], "one cut is no outage");
  steady.close();
  assert.equal(connections.opened[1]!.closed, true);
});

Deno.test("an outage is told once, and the next one again", async () => {
  const { troubles, steady } = await steadyOne();
  for (let outage = 0; outage < 2; outage++) {
    let tries = 0;
    await steady.use(() =>
      ++tries < 4 ? Promise.reject(failing("unavailable")) : Promise.resolve()
    );
  }
  assert.deepEqual(troubles, ["Cannot: unavailable", "Cannot: unavailable"]);
  steady.close();
});

Deno.test("a failure that no new connection helps comes out", async () => {
  const { connections, steady } = await steadyOne();
  const codes = ["denied", "server_key_changed", "protocol", "bad_signature"] as const;
  for (const code of codes) {
    await assert.rejects(steady.use(() => Promise.reject(failing(code))), { code });
  }
  await assert.rejects(steady.use(() => Promise.reject(new TypeError("a defect"))), TypeError);
  assert.equal(connections.opened.length, 1);
  steady.close();
});

Deno.test("a close ends a pause at once", async () => {
  const { connections, steady } = await steadyOne();
  const later = new MailError("try_later", "Cannot: later", { retryAfterSeconds: 1_000_000 });
  const used = steady.use(() => Promise.reject(later));
  await Promise.resolve();
  steady.close();
  await assert.rejects(used, { code: "try_later" });
  assert.equal(connections.opened.length, 1);
});

/** An inbox of messages that are numbers; negative ones are read. What is not in it yet arrives later. */
function inboxOf(there: readonly number[], later: readonly number[]) {
  const asked: string[] = [];
  let all = [...there];
  const coming = [...later];
  const listed = (id: number) => ({ id: Math.abs(id) }) as ListedMessage;
  const mailbox = {
    close() {},
    list: () => {
      const newest = all.at(-1);
      const messages = newest === undefined ? [] : [listed(newest)];
      return Promise.resolve({ messages, unread: all.filter((id) => id > 0).length });
    },
    waitForMail: ({ after, unread }: { after: number; unread: boolean }) => {
      asked.push(`${after}${unread ? " unread" : ""}`);
      const found = all.filter((id) => Math.abs(id) > after && (id > 0 || !unread)).slice(0, 2);
      if (found.length > 0) {
        return Promise.resolve({ messages: found.map(listed), more: found.length === 2 });
      }
      all = [...all, ...coming.splice(0, 1)];
      return Promise.resolve({ messages: [], more: false });
    },
  };
  const steady = new SteadyMailbox(mailbox as unknown as Mailbox, () => assert.fail());
  return { steady, asked };
}

async function first(
  count: number,
  steady: SteadyMailbox,
  unread: boolean,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of arrivals(steady, { unread })) {
    ids.push(id);
    if (ids.length === count) break;
  }
  return ids;
}

Deno.test("arrivals are what comes behind the newest message, read or not", async () => {
  const { steady, asked } = inboxOf([1, -2, 3], [5, -6, 9]);
  assert.deepEqual(await first(3, steady, false), [5, 6, 9]);
  assert.deepEqual(asked, ["3", "3", "5", "5", "6", "6"]);
});

Deno.test("arrivals into an empty inbox are all there are", async () => {
  const { steady } = inboxOf([], [1, 2]);
  assert.deepEqual(await first(2, steady, false), [1, 2]);
});

Deno.test("unread ones come first, each once, and none that was read before", async () => {
  const { steady, asked } = inboxOf([1, -2, 3, 4, -7], [8]);
  assert.deepEqual(await first(4, steady, true), [1, 3, 4, 8]);
  assert.deepEqual(asked.slice(0, 3), ["0 unread", "3 unread", "7"]);
});

Deno.test("where nothing is unread, nobody waits for it", async () => {
  const { steady, asked } = inboxOf([-1, -2], [3]);
  assert.deepEqual(await first(1, steady, true), [3]);
  assert.equal(asked[0], "2");
});
