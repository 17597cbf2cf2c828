/** What open pages are told of other machines: every change, and none that they have taken in themselves. */
import assert from "node:assert/strict";
import { type FeedPosition, feedStart } from "../../../../../src/client/filing/change_feed.ts";
import type { Mailbox } from "../../../../../src/client/mailbox.ts";
import { openMailbox } from "../../../../../src/client/open_mailbox.ts";
import { ChangeListener } from "../../../../../src/gateway/web/state/change_listener.ts";
import { PageFolders } from "../../../../../src/gateway/web/state/page_folders.ts";
import { MailError } from "../../../../../src/model/errors.ts";
import { entryId } from "../../../../../src/model/ids.ts";
import type { PersonHere } from "../../../../support/account_here.ts";
import { atHostileServer } from "../../../../support/hostile_scene.ts";
import type { Lies } from "../../../../support/hostile_server.ts";
import { until } from "../../../../support/person.ts";

/** Pages of bob's, one of his machines elsewhere, and what the pages are told. */
class Listening {
  /** How far the pages have heard; null: as far as they have counted. */
  heard: FeedPosition | null = null;
  told = 0;
  #looks = 0;
  readonly #folders = new PageFolders();
  readonly #listener: ChangeListener;

  constructor(bob: PersonHere) {
    const heard = () => {
      this.#looks++;
      return this.heard ?? this.#folders.heard;
    };
    this.#listener = new ChangeListener({
      open: () => openMailbox(bob.options),
      folders: {
        countOnce: (mailbox) => this.#folders.countOnce(mailbox),
        get heard() {
          return heard();
        },
      },
      onChange: () => void this.told++,
      onDefect: assert.ifError,
      waitMs: 1,
    });
  }

  close(): void {
    this.#listener.close();
  }

  /** Waits until it was told so often. */
  hears(times: number): Promise<void> {
    return until(() => this.told >= times, `${times} changes`);
  }

  /** Waits until it was looked so often how far the pages have heard: once at first, and once a change. */
  looks(times: number): Promise<void> {
    return until(() => this.#looks >= times, `${times} looks`);
  }
}

type Work = (mailbox: Mailbox) => Promise<unknown>;

async function listen(
  act: (listening: Listening, elsewhere: (work: Work) => Promise<unknown>) => Promise<void>,
  lies: Lies = {},
): Promise<void> {
  await atHostileServer(async ({ server, alice, bob, folder }) => {
    for (const subject of ["one", "two"]) await alice.send("bob", subject);
    const other = bob.elsewhere(`${folder}/elsewhere`);
    const ids = (await other.list()).map(({ id }) => id);
    assert.equal(ids.length, 2);
    const listening = new Listening(bob);
    try {
      await server.lying(lies, () => listening.looks(1));
      await act(listening, (work) => other.with(work));
    } finally {
      listening.close();
    }
  });
}

const [one, two] = [entryId(1), entryId(2)];
const changes: readonly [what: string, change: Work][] = [
  ["a flag", async (mailbox) => (await mailbox.filed()).change([one], { addFlags: ["flagged"] })],
  ["a move", async (mailbox) => (await mailbox.filed()).change([one], { folder: 1 })],
  ["a new folder", async (mailbox) => (await mailbox.filed()).createFolder("Bills")],
  ["a message that was read", (mailbox) => mailbox.markFetched([one])],
  ["a message that is gone", (mailbox) => mailbox.delete([two])],
];

Deno.test("pages are told once of each change at another machine", () =>
  listen(async (listening, elsewhere) => {
    for (const [at, [what, change]] of changes.entries()) {
      await elsewhere(change);
      await listening.hears(at + 1);
      assert.equal(listening.told, at + 1, what);
    }
  }));

Deno.test("pages are not told of what they have taken in", () =>
  listen(async (listening, elsewhere) => {
    listening.heard = { ...feedStart, since: Infinity, folders: Infinity };
    await elsewhere(changes[0]![1]);
    await listening.looks(2);
    listening.heard = null;
    await elsewhere(changes[1]![1]);
    await listening.hears(1);
    assert.equal(listening.told, 1);
  }));

Deno.test("a server that is busy at first is waited for", async () => {
  let asked = 0;
  const busy = () => Promise.reject(new MailError("try_later", "The server is busy"));
  const folders: Lies["folders"] = (honest) => (...which) =>
    asked++ === 0 ? busy() : honest.folders(...which);
  await listen(async (listening, elsewhere) => {
    await elsewhere(changes[0]![1]);
    await listening.hears(1);
  }, { folders });
  assert.ok(asked > 1);
});
