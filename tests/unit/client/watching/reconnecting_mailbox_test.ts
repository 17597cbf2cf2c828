/** A mailbox over connections that fail, and the arrivals that are read through it. */
import assert from "node:assert/strict";
import type { Mailbox } from "../../../../src/client/mailbox.ts";
import type { ListedMessage } from "../../../../src/client/reading/opened_entry.ts";
import {
  ReconnectingMailbox,
  type ReconnectPolicy,
  retryForever,
  retryOnce,
} from "../../../../src/client/watching/reconnecting_mailbox.ts";
import { newMail } from "../../../../src/client/watching/watch_new_mail.ts";
import { type FailureCode, MailError } from "../../../../src/model/errors.ts";

/** Mailboxes, one a connection, that remember when they were closed and how often the keyring was looked at. */
class Connections {
  /** Whether the server lets in. */
  isLetIn = true;
  readonly opened: { closed: boolean; looks: number }[] = [];

  open(): Mailbox {
    const state = { closed: false, looks: 0 };
    this.opened.push(state);
    const mailbox = {
      account: () => this.isLetIn ? Promise.resolve() : Promise.reject(failing("denied")),
      close: () => state.closed = true,
      finish: () => Promise.resolve(state.closed = true),
      refreshKeyring: () => state.looks++,
      reopen: () => Promise.resolve(this.open()),
    };
    return mailbox as unknown as Mailbox;
  }

  get closed(): boolean[] {
    return this.opened.map(({ closed }) => closed);
  }
}

function failing(code: FailureCode): MailError {
  return new MailError(code, `Cannot: ${code}`);
}

/** Work that fails so often, and then answers with the mailbox that it was given. */
function worksAfter(failures: number, code: FailureCode = "unavailable") {
  let tries = 0;
  return (mailbox: Mailbox) =>
    ++tries > failures ? Promise.resolve(mailbox) : Promise.reject(failing(code));
}

/** A mailbox that has worked once, and what it told of trouble; pauses take no time. */
async function openOne(policy: Partial<ReconnectPolicy>) {
  const connections = new Connections();
  const troubles: string[] = [];
  const mailbox = new ReconnectingMailbox(connections.open(), {
    ...retryForever(({ message }) => void troubles.push(message)),
    pauseMs: () => 0,
    ...policy,
  });
  await mailbox.ask(() => Promise.resolve());
  return { connections, troubles, mailbox };
}

const forever = {};
/** As the page and POP3 have it. */
const once = retryOnce;

const outages: readonly (readonly [
  what: string,
  policy: Partial<ReconnectPolicy>,
  failure: FailureCode,
  failures: number,
  expected: { answers: boolean; connections: number; troubles: number },
])[] = [
  ["a cut is mended, and is no outage", forever, "unavailable", 1, {
    answers: true,
    connections: 2,
    troubles: 0,
  }],
  ["a cut is mended where it is asked once more", once, "unavailable", 1, {
    answers: true,
    connections: 2,
    troubles: 0,
  }],
  ["an outage is told once and waited for", forever, "unavailable", 5, {
    answers: true,
    connections: 6,
    troubles: 1,
  }],
  ["an outage comes out where it is asked once more", once, "unavailable", 5, {
    answers: false,
    connections: 2,
    troubles: 0,
  }],
  ["a busy server is waited for", forever, "try_later", 1, {
    answers: true,
    connections: 2,
    troubles: 0,
  }],
  ["a busy server comes out where it is asked once more", once, "try_later", 1, {
    answers: false,
    connections: 1,
    troubles: 0,
  }],
  ...(["denied", "server_key_changed", "protocol", "bad_signature"] as const).flatMap((code) =>
    [forever, once].map((policy) =>
      [`${code} comes out at once`, policy, code, 1, {
        answers: false,
        connections: 1,
        troubles: 0,
      }] as const
    )
  ),
];

for (const [what, policy, code, failures, expected] of outages) {
  Deno.test(`${what} (${policy === once ? "once" : "for ever"})`, async () => {
    const { connections, troubles, mailbox } = await openOne(policy);
    const asked = mailbox.ask(worksAfter(failures, code));
    if (expected.answers) assert.equal(await asked, mailbox.mailbox);
    else await assert.rejects(asked, { code });
    assert.deepEqual(
      [connections.opened.length, troubles.length],
      [expected.connections, expected.troubles],
    );
    const last = expected.connections - 1;
    assert.deepEqual(connections.closed, connections.closed.map((_, at) => at < last));
    mailbox.close();
    assert.ok(!connections.closed.includes(false));
  });
}

Deno.test("a login that was refused is tried anew by the next question, and no answer that was", async () => {
  for (const [isLetIn, opened] of [[true, 1], [false, 2]] as const) {
    const { connections, mailbox } = await openOne(once);
    connections.isLetIn = isLetIn;
    await assert.rejects(mailbox.ask(worksAfter(1, "denied")), { code: "denied" });
    await mailbox.ask(() => Promise.resolve());
    assert.equal(connections.opened.length, opened);
    mailbox.close();
  }
});

Deno.test("a defect comes out as it is", async () => {
  const { connections, mailbox } = await openOne(forever);
  await assert.rejects(mailbox.ask(() => Promise.reject(new TypeError("a defect"))), TypeError);
  assert.equal(connections.opened.length, 1);
});

Deno.test("what keeps it from the server is known until a new connection is admitted", async () => {
  const { connections, mailbox } = await openOne(forever);
  connections.isLetIn = false;
  const asked = mailbox.ask(worksAfter(1));
  await assert.rejects(asked, { code: "denied" });
  assert.equal(mailbox.trouble?.code, "unavailable");
  connections.isLetIn = true;
  let troubleThen: MailError | null | undefined;
  await mailbox.ask(() => Promise.resolve(troubleThen = mailbox.trouble));
  assert.equal(troubleThen, null);
  mailbox.close();
});

Deno.test("each outage is told", async () => {
  const { troubles, mailbox } = await openOne(forever);
  for (let outage = 0; outage < 2; outage++) await mailbox.ask(worksAfter(3));
  assert.deepEqual(troubles, ["Cannot: unavailable", "Cannot: unavailable"]);
});

for (const [policy, connections] of [[retryForever(() => assert.fail()), 1], [once, 2]] as const) {
  const what = policy === once ? "asked once more" : "not waited for";
  Deno.test(`a server that cannot be reached at first is ${what}`, async () => {
    const opened = new Connections();
    const mailbox = new ReconnectingMailbox(opened.open(), policy);
    await assert.rejects(mailbox.ask(worksAfter(9)), { code: "unavailable" });
    assert.equal(opened.opened.length, connections);
    mailbox.close();
  });
}

Deno.test("pauses grow with failures, and are as long as the server says, up to an hour", () => {
  const { pauseMs } = retryForever(() => {});
  const busy = (retryAfterSeconds: number) =>
    new MailError("try_later", "Cannot: later", { retryAfterSeconds });
  for (const [failures, longest] of [[0, 200], [3, 1_600], [20, 30_000]] as const) {
    const pause = pauseMs(failures, failing("unavailable"));
    assert.ok(pause >= longest / 2 && pause <= longest, `${failures}: ${pause}`);
  }
  assert.equal(pauseMs(0, busy(60)), 60_000);
  assert.equal(pauseMs(0, busy(1_000_000)), 3_600_000);
  assert.equal(once.pauseMs(0, busy(60)), 0);
});

Deno.test("a close ends a pause at once", async () => {
  const { connections, mailbox } = await openOne({ pauseMs: () => 3_600_000 });
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  const asked = mailbox.ask(() => {
    resolve();
    return Promise.reject(failing("try_later"));
  });
  await failed;
  setTimeout(() => mailbox.close(), 0); // the pause has begun by then
  await assert.rejects(asked, { code: "try_later" });
  assert.equal(connections.opened.length, 1);
});

Deno.test("questions are asked one after the other, also behind one that failed", async () => {
  const { mailbox } = await openOne(once);
  const order: string[] = [];
  const ask = (name: string, work: () => Promise<void>) =>
    mailbox.ask(async () => {
      order.push(name);
      await work();
      order.push(`${name} done`);
    });
  const first = ask("first", () => new Promise((resolve) => setTimeout(resolve, 0)));
  const second = ask("second", () => Promise.reject(failing("denied")));
  const third = ask("third", () => Promise.resolve());
  await assert.rejects(second, { code: "denied" });
  await Promise.all([first, third]);
  assert.deepEqual(order, ["first", "first done", "second", "third", "third done"]);
});

Deno.test("after hanging up, the next question makes the one connection it may make", async () => {
  for (const [failures, answers] of [[0, true], [1, false]] as const) {
    const { connections, mailbox } = await openOne(once);
    mailbox.hangUp();
    assert.deepEqual(connections.closed, [true]);
    const asked = mailbox.ask(worksAfter(failures));
    if (answers) await asked;
    else await assert.rejects(asked, { code: "unavailable" });
    assert.equal(connections.opened.length, 2);
  }
});

Deno.test("a new connection that is not admitted is closed, and tried anew by the next question", async () => {
  const admit = worksAfter(1, "denied");
  const { connections, mailbox } = await openOne({
    ...once,
    admit: (mailbox) => admit(mailbox).then(() => {}),
  });
  await assert.rejects(mailbox.ask(worksAfter(1)), { code: "denied" });
  assert.deepEqual(connections.closed, [true, true]);
  await mailbox.ask(worksAfter(0));
  assert.deepEqual(connections.closed, [true, true, false]);
});

Deno.test("new connections are opened as the policy says", async () => {
  const { connections, mailbox } = await openOne(once);
  const elsewhere = new Connections();
  const other = new ReconnectingMailbox(mailbox.mailbox, {
    ...once,
    reopen: () => Promise.resolve(elsewhere.open()),
  });
  await other.ask(worksAfter(1));
  await other.aside(() => Promise.resolve());
  assert.deepEqual([connections.opened.length, elsewhere.closed], [1, [false, true]]);
});

Deno.test("a connection of its own is closed when it is given back, fails to open, or all is closed", async () => {
  const { connections, mailbox } = await openOne(once);
  await mailbox.aside(() => assert.equal(connections.closed.at(-1), false) ?? Promise.resolve());
  await assert.rejects(mailbox.aside(() => Promise.reject(failing("denied"))), { code: "denied" });
  assert.deepEqual(connections.closed, [false, true, true]);
  await mailbox.open();
  mailbox.close();
  assert.deepEqual(connections.closed, [true, true, true, true]);
  const refusing = await openOne({ ...once, admit: () => Promise.reject(failing("denied")) });
  await assert.rejects(refusing.mailbox.open(), { code: "denied" });
  assert.deepEqual(refusing.connections.closed, [false, true]);
});

Deno.test("the keyring is opened anew when it is old, or keys were pinned elsewhere", async () => {
  let now = 0;
  const { connections, mailbox } = await openOne({ ...once, keyringAgeMs: 5_000, now: () => now });
  const looksAfterAsking = async () => {
    await mailbox.ask(() => Promise.resolve());
    return connections.opened[0]!.looks;
  };
  now = 4_999;
  assert.equal(await looksAfterAsking(), 0);
  now = 5_000;
  assert.deepEqual([await looksAfterAsking(), await looksAfterAsking()], [1, 1]);
  await mailbox.aside(() => Promise.resolve());
  assert.deepEqual([await looksAfterAsking(), await looksAfterAsking()], [2, 2]);
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
        const messages = found.map(listed);
        return Promise.resolve({ messages, last: messages.at(-1)!.id, more: found.length === 2 });
      }
      all = [...all, ...coming.splice(0, 1)];
      return Promise.resolve({ messages: [], last: after, more: false });
    },
  };
  const steady = new ReconnectingMailbox(
    mailbox as unknown as Mailbox,
    retryForever(() => assert.fail()),
  );
  const markUnread = (id: number) => {
    all = all.map((each) => each === -id ? id : each);
  };
  return { steady, asked, markUnread };
}

async function first(
  count: number,
  steady: ReconnectingMailbox,
  unread: boolean,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of newMail(steady, { unread })) {
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

Deno.test("what becomes unread while those before it are handed out is one of them", async () => {
  const { steady, markUnread } = inboxOf([1, 2, -3, 4], [9]);
  const ids: number[] = [];
  for await (const { id } of newMail(steady, { unread: true })) {
    ids.push(id);
    markUnread(3);
    if (ids.length === 5) break;
  }
  assert.deepEqual(ids, [1, 2, 3, 4, 9]);
});

Deno.test("where nothing is unread, nobody waits for it", async () => {
  const { steady, asked } = inboxOf([-1, -2], [3]);
  assert.deepEqual(await first(1, steady, true), [3]);
  assert.equal(asked[0], "2");
});
