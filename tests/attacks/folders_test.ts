/** Folders while another machine changes them, or a server says of them what is not so. */
import assert from "node:assert/strict";
import type { FiledMailbox } from "../../src/client/filing/filed_mailbox.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { openMailbox } from "../../src/client/open_mailbox.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { span } from "../../src/model/delivery_time.ts";
import { builtInFolders, unfiled } from "../../src/model/filing.ts";
import { entryId } from "../../src/model/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { atHostileServer, type HostileScene } from "../support/hostile_scene.ts";

const [first, second, third] = [entryId(1), entryId(2), entryId(3)] as const;
const trash = 3;

/** Bob's mailbox, with three messages in his inbox. */
async function withThree(
  act: (filed: FiledMailbox, scene: HostileScene, mailbox: Mailbox) => Promise<void>,
): Promise<void> {
  await atHostileServer(async (scene) => {
    for (const subject of ["a", "b", "c"]) await scene.alice.send("bob", subject);
    const mailbox = await openMailbox(scene.bob.options);
    try {
      await act(await mailbox.filed(), scene, mailbox);
    } finally {
      await mailbox.finish();
    }
  });
}

/** Deletes a message of Bob's behind his back, just before a method of the store runs for the first time. */
function deletesBefore(method: "deleteEntries" | "entries", scene: HostileScene) {
  let isDone = false;
  return {
    [method]: (honest: Store) => async (...asked: never[]) => {
      if (!isDone) {
        isDone = true;
        await scene.server.store.deleteEntries(await scene.server.accountId("bob"), [second]);
      }
      return await (honest[method] as (...asked: never[]) => Promise<never>)(...asked);
    },
  };
}

function inbox(folders = builtInFolders) {
  return { folder: "inbox", folders, limit: 10 } as const;
}

Deno.test("what came into a folder of late is told by the server's clock, which dated it", () =>
  atHostileServer(async ({ server, alice, bob }) => {
    const behind = { now: (honest: Store) => () => honest.now() - 2 * 3_600_000 };
    await server.lying(behind, async () => {
      await alice.send("bob", "just now");
      const query = { folder: "inbox", folders: builtInFolders, limit: 9 } as const;
      const late = await bob.with(async (mailbox) =>
        (await mailbox.filed()).listFolder({ ...query, since: span(3_600_000) })
      );
      assert.equal(late.messages.length, 1);
    });
  }));

Deno.test("what a stopped machine left in a folder that is in no list comes back to the inbox", async () => {
  await withThree(async (filed, _, mailbox) => {
    const content = ReadableStream.from([utf8("Subject: lost\r\n\r\nx\r\n")]);
    const filing = { ...unfiled, folder: 99 };
    const id = await filed.keep({ box: "inbox", isRead: false, filing, content });
    const idsInInbox = async () => {
      const page = await mailbox.list({ box: "inbox", limit: 10, aside: false });
      return page.messages.map(({ id }) => id);
    };
    assert.deepEqual(await idsInInbox(), [third, second, first]);
    assert.equal((await filed.listFolder(inbox())).total, 4);
    const [own, ...others] = await filed.summaries();
    assert.deepEqual(own, {
      id: 0,
      name: "INBOX",
      box: "inbox",
      use: "inbox",
      messages: 4,
      unread: 4,
    });
    assert.deepEqual(others.filter(({ messages }) => messages > 0), []);
    assert.deepEqual(await idsInInbox(), [id, third, second, first]);
  });
});

Deno.test("the trash is emptied though another machine is quicker with some of it", async () => {
  await withThree(async (mailbox, scene) => {
    await mailbox.change([first, second, third], { folder: trash });
    const deleted = await scene.server.lying(
      deletesBefore("deleteEntries", scene),
      () => mailbox.empty(trash),
    );
    assert.deepEqual(deleted, [first, third]);
    assert.deepEqual(await mailbox.read([first, second, third]), []);
  });
});

Deno.test("no more is deleted from the trash than was asked about", async () => {
  await withThree(async (mailbox) => {
    await mailbox.change([first, second], { folder: trash });
    assert.deepEqual(await mailbox.empty(trash, new Set([first, third])), [first]);
    assert.deepEqual((await mailbox.read([first, second, third])).map(({ id }) => id), [
      second,
      third,
    ]);
  });
});

Deno.test("a list goes on where a message of it is deleted meanwhile", async () => {
  await withThree(async (mailbox, scene) => {
    const { messages } = await scene.server.lying(
      deletesBefore("entries", scene),
      () => mailbox.listFolder(inbox()),
    );
    assert.deepEqual(messages.map(({ id }) => id), [third, first]);
  });
});

Deno.test("a list with other messages than were asked for is refused", async () => {
  await withThree(async (mailbox, scene) => {
    const swapped = (honest: Store) => async (...asked: Parameters<Store["entries"]>) =>
      (await honest.entries(...asked)).toReversed();
    await assert.rejects(
      scene.server.lying({ entries: swapped }, () => mailbox.listFolder(inbox())),
      { code: "protocol" },
    );
  });
});
