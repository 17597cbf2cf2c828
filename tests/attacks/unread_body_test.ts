/** A body that nobody reads, as its signature is invalid or its reader is gone: what was asked behind it comes all the same. */
import assert from "node:assert/strict";
import { ReadMarks } from "../../src/cli/commands/read.ts";
import { PersonHere } from "../support/account_here.ts";
import { deadline } from "../support/deadline.ts";
import { startServer } from "../support/server.ts";
import { inFolder } from "../support/temporary_folder.ts";

Deno.test("a mark is waited for, and comes, although the body before it is read by nobody", () =>
  inFolder(async (folder) => {
    await using server = await startServer({ registration: "open" });
    const trusted = `${server.host}:${server.port}#${server.ready.fingerprint.toHex()}`;
    const alice = await PersonHere.join("alice", trusted, folder);
    await alice.send("alice", "is read");
    await alice.send("alice", "is opened");
    await alice.with(async (mailbox) => {
      const { messages: [later, earlier] } = await mailbox.list({ box: "inbox", limit: 2 });
      const read = await mailbox.open(earlier!.id);
      for await (const _ of read.source());
      const marks = new ReadMarks(mailbox, { peek: false, needed: false });
      const failing = marks.during(async () => {
        await mailbox.open(later!.id);
        marks.add(read);
        throw new Error("nobody reads it");
      });
      await deadline(assert.rejects(failing, /nobody reads it/), 20_000, "it ends");
    });
    const isUnread = (await alice.list()).map(({ readAt }) => readAt === null);
    assert.deepEqual(isUnread, [true, false]);
  }));
