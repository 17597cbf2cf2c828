/**
 * A server whose lists have no end. A client that asks page by page stops at what the server counted first; and where it
 * counts without end too, at the pages that no list has.
 */
import assert from "node:assert/strict";
import { idsOf } from "../../src/cli/message/export_formats.ts";
import type { Client } from "../../src/client/connection/client.ts";
import { Mailbox } from "../../src/client/mailbox.ts";
import { MailboxContext, type MailboxOptions } from "../../src/client/mailbox_context.ts";
import { MailboxState } from "../../src/client/searching/mailbox_state.ts";
import { newMail } from "../../src/client/watching/watch_new_mail.ts";
import { completions } from "../../src/gateway/web/routes/completion.ts";
import { asAccountName } from "../../src/model/address.ts";
import { asEnvelopeDigest } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { WireEntry } from "../../src/wire/layouts.ts";
import type { ReplyOf, RequestOf } from "../../src/wire/operations.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { makeOpenAccount } from "../support/open_account.ts";
import { Stage } from "../support/person.ts";
import { unfiledEntry } from "../support/sealed_entry.ts";

const manyPages = 20;

/** Always another full page of the same entry, under ids as they should be; by the count, the first is the last. */
function endless(asked: { pages: number }): Lies {
  const isEnough = () => ++asked.pages > manyPages; // without the cure, the test ends too
  return {
    list: (honest) => async (query) => {
      const page = await honest.list({ ...query, box: "inbox", before: null });
      const [entry] = page.entries;
      const top = query.before ?? 1_000_000;
      const count = isEnough() ? 0 : query.limit;
      const entries = Array.from({ length: count }, (_, at) => ({
        ...entry!,
        box: query.box,
        id: entryId(top - 1 - at),
      }));
      return { ...page, total: query.limit, entries };
    },
    newMail: (honest) => async (query) => {
      const [entry] = await honest.newMail({ ...query, after: 0 });
      const count = isEnough() ? 0 : query.limit;
      return Array.from({ length: count }, (_, at) => ({
        ...entry!,
        id: entryId(query.after + 1 + at),
      }));
    },
  };
}

/** It may be a copy of a message that is in the mailbox, so that all of that is looked through. */
const copy = "From: bob@mail.test\r\nMessage-ID: <1@mail.test>\r\nSubject: A copy\r\n\r\nx\r\n";

const commands: readonly (readonly string[])[] = [
  ["export"],
  ["import", "-"],
  ["export", "--format", "json"],
  ["inbox", "-n", "10000"],
  ["thread", "1", "-n", "10000"],
  ["search", "nothing", "--no-index"],
  ["wait", "--unread", "--subject", "never", "--timeout", "20s"],
];

Deno.test("a server that always has another page is refused after what it counted", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "hello"]);
  for (const args of commands) {
    await t.step(args.join(" "), async () => {
      const asked = { pages: 0 };
      const { status, err } = await server.lying(
        endless(asked),
        () => bob!.run(args, { stdin: copy }),
      );
      assert.equal(status, 76, err);
      assert.match(err, /does not match the request/);
      assert.ok(asked.pages <= 4, `${asked.pages} pages`);
    });
  }
});

/** Every count is as high as it can be, and behind every page is another. */
class EndlessServer {
  pages = 0;
  /** Its feed of changes starts over, again and again. */
  isReset = false;

  /** What of it a mailbox needs. */
  client(): Client {
    const replies = {
      list: ({ before }: RequestOf<"list">): ReplyOf<"list"> => ({
        ...this.#page(before === null ? Number.MAX_SAFE_INTEGER : before - 1),
        total: Number.MAX_SAFE_INTEGER,
        unread: Number.MAX_SAFE_INTEGER,
      }),
      waitForMail: ({ after }: RequestOf<"waitForMail">) => this.#page(after + 1),
      directory: ({ after }: RequestOf<"directory">): ReplyOf<"directory"> => {
        this.pages++;
        return {
          accounts: [],
          next: asAccountName(`b${String(Number(after?.slice(1)) + 1 || 1).padStart(9, "0")}`),
        };
      },
      changes: ({ since }: RequestOf<"changes">): ReplyOf<"changes"> => {
        const modseq = since + 1;
        const entry = damaged;
        this.pages++;
        return {
          modseq,
          newest: Number.MAX_SAFE_INTEGER,
          reset: this.isReset,
          entries: [{ ...entry, id: entryId(modseq), filing: { ...entry.filing, modseq } }],
          gone: [],
          more: true,
          folders: 0,
        };
      },
      bounced: () => ({ bounced: [], retentionNotices: [] }),
      keyring: () => ({ isWhole: true, parts: [], restoredAt: 0 }),
      saveSummaries: () => ({}),
    };
    const call = (name: keyof typeof replies, request: never) =>
      Promise.resolve(replies[name](request));
    return { call } as unknown as Client;
  }

  #page(id: number): ReplyOf<"waitForMail"> {
    this.pages++;
    return { entries: [{ ...damaged, id: entryId(id) }], more: true };
  }
}

/** An entry that does not open, which is the least work. */
const damaged: WireEntry = {
  id: entryId(1),
  box: "inbox",
  from: asAccountName("eve"),
  storedAt: 1,
  readAt: null,
  sealedBytes: 1,
  envelopeDigest: asEnvelopeDigest(new Uint8Array(32)),
  envelope: new Uint8Array(1),
  summary: null,
  deliveries: [],
  heldUntil: null,
  cancelledAt: null,
  expiresAt: null,
  burn: false,
  filing: unfiledEntry(1),
};

function optionsAt(server: EndlessServer): MailboxOptions {
  const options: MailboxOptions = {
    client: server.client(),
    account: makeOpenAccount("bob"),
    keyringMark: [],
    noteKeyring: () => Promise.resolve(),
    indexPath: null,
    reopen: () => options,
    now: () => 1,
    requireVerified: false,
    receipts: false,
  };
  return options;
}

const readings: Readonly<Record<string, (mailbox: Mailbox) => Promise<unknown>>> = {
  "the whole inbox": (mailbox) => mailbox.list({ box: "inbox", limit: Number.MAX_SAFE_INTEGER }),
  "mail of one sender": (mailbox) =>
    mailbox.list({ box: "inbox", limit: Number.MAX_SAFE_INTEGER, from: "eve" }),
  "how all of it is filed": async (mailbox) => (await mailbox.filed()).inFolder(99),
  "the ids to export": (mailbox) => idsOf(mailbox, "inbox"),
  "accounts": (mailbox) => Array.fromAsync(mailbox.users({ pattern: "b*", online: true })),
  "addresses to complete": (mailbox) => completions(mailbox, "b"),
  "unread mail, before new mail is waited for": (mailbox) =>
    Array.fromAsync(newMail({ ask: (work) => work(mailbox) }, { unread: true })),
};

for (const [what, read] of Object.entries(readings)) {
  Deno.test(`a list that has no end by any count is given up: ${what}`, async () => {
    await requireGivenUp((options) => read(new Mailbox(options)));
  });
}

for (const isReset of [false, true]) {
  Deno.test(`a feed that has no end is given up by an index: it starts over: ${isReset}`, async () => {
    const follow = (options: MailboxOptions) =>
      new MailboxState(null).follow(new MailboxContext(options));
    await requireGivenUp(follow, isReset);
  });
}

async function requireGivenUp(
  read: (options: MailboxOptions) => Promise<unknown>,
  isReset = false,
): Promise<void> {
  const server = new EndlessServer();
  server.isReset = isReset;
  await assert.rejects(read(optionsAt(server)), {
    code: "protocol",
    message: /more than 20000 pages/,
  });
  assert.ok(server.pages <= limits.maxListPages + 3, `${server.pages} pages`);
}
