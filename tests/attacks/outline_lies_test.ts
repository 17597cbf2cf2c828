/** Outlines at a server that lies about them, or looks into them; and who may read and keep them. */
import assert from "node:assert/strict";
import type { FiledMailbox } from "../../src/client/filing/filed_mailbox.ts";
import type { Outline } from "../../src/client/filing/outline.ts";
import type { OutlinedEntry } from "../../src/client/filing/outlines.ts";
import { openMailbox, saveLogin } from "../../src/client/open_mailbox.ts";
import { readStructure } from "../../src/mime/structure/read_structure.ts";
import { asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { entryId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { atHostileServer, type HostileScene } from "../support/hostile_scene.ts";
import type { HostileServer } from "../support/hostile_server.ts";
import { cut } from "../support/mime.ts";

const ids = [entryId(1), entryId(2)];

async function outlineOf(text: string): Promise<Outline> {
  const message = utf8(text);
  const structure = await readStructure(cut(message, 1000));
  return { bytes: message.length, header: message.slice(0, structure.header.to), structure };
}

const outline = await outlineOf(
  "Subject: canary1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
    "--b\r\nContent-Type: text/plain; name*0=a; name*1=b\r\nContent-Language: de\r\n\r\none\r\n" +
    "--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=canary2\r\n\r\n" +
    "Subject: inner\r\n\r\ntwo\r\n--b--\r\n",
);
const other = await outlineOf("Subject: other\r\n\r\nx\r\n");

/** Bob's mailbox with messages from alice and carol, and outlines of both. */
async function outlinedAt(
  act: (
    scene: HostileScene & { filed: FiledMailbox; entries: readonly OutlinedEntry[] },
  ) => Promise<void>,
): Promise<void> {
  await atHostileServer(async (scene) => {
    await scene.alice.send("bob", "first");
    await (await scene.join("carol")).send("bob", "second");
    const mailbox = await openMailbox(scene.bob.options);
    try {
      const filed = await mailbox.filed();
      const entries = await filed.read(ids);
      await filed.saveOutlines([
        { entry: entries[0]!, outline },
        { entry: entries[1]!, outline: other },
      ]);
      await act({ ...scene, filed, entries });
    } finally {
      await mailbox.finish();
    }
  });
}

async function keptBy(server: HostileServer): Promise<Uint8Array[]> {
  const kept = await server.store.outlines(await server.accountId("bob"), ids);
  return kept.map((sealed) => sealed!);
}

Deno.test("another machine of the owner's reads an outline as it was kept", () =>
  outlinedAt(async ({ bob, entries }) => {
    await bob.with(async (mailbox) => {
      assert.deepEqual(await (await mailbox.filed()).outlines(entries), [outline, other]);
    });
  }));

Deno.test("another message's outline, an altered one, and one that is no outline count as none", () =>
  outlinedAt(async ({ server, filed, entries }) => {
    const [first, second] = await keptBy(server) as [Uint8Array, Uint8Array];
    const lies = [
      second,
      first.with(40, first[40]! ^ 1),
      first.slice(0, -1),
      new Uint8Array(0),
      new Uint8Array(limits.maxOutlineBytes),
      null,
    ];
    for (const lie of lies) {
      const lying = { outlines: () => () => Promise.resolve([lie, second]) };
      await server.lying(lying, async () => {
        assert.deepEqual(await filed.outlines(entries), [null, other]);
      });
    }
  }));

Deno.test("an answer with more or fewer outlines than were asked for is refused", () =>
  outlinedAt(async ({ server, filed, entries }) => {
    for (const answer of [[], [null], [null, null, null]]) {
      await server.lying({ outlines: () => () => Promise.resolve(answer) }, async () => {
        await assert.rejects(filed.outlines(entries), { code: "protocol" });
      });
    }
  }));

Deno.test("what the server keeps has nothing of the message in it, and its size tells little", () =>
  outlinedAt(async ({ server }) => {
    for (const sealed of await keptBy(server)) {
      assert.equal((sealed.length - 28 - 1) % 256, 0);
      assert.doesNotMatch(new TextDecoder("latin1").decode(sealed), /canary|Subject|multipart/);
    }
  }));

Deno.test("an outline that is too long is not kept, and takes nothing from the others", () =>
  outlinedAt(async ({ filed, entries }) => {
    const long = await outlineOf(`X: ${"y".repeat(limits.maxOutlineBytes)}\r\n\r\n`);
    const many = await outlineOf(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n".repeat(900),
    );
    for (const tooLong of [long, many]) {
      await filed.saveOutlines([
        { entry: entries[0]!, outline: tooLong },
        { entry: entries[1]!, outline },
      ]);
      assert.deepEqual(await filed.outlines(entries), [outline, outline]);
      await filed.saveOutlines([{ entry: entries[1]!, outline: other }]);
    }
  }));

Deno.test("a login that reads the mail of some senders has and keeps outlines of that alone", () =>
  outlinedAt(async ({ bob, folder, filed, entries }) => {
    const options = { ...bob.options, state: { folder: `${folder}/read` } };
    const senders = [asAccountName("alice")];
    const power = { scope: "read", expires: null, senders } as const;
    (await saveLogin({ ...options, device: { label: "read" }, power })).close();
    const password = () => Promise.reject(new Error("a saved login asks for no password"));
    const mailbox = await openMailbox({ ...options, password });
    try {
      const limited = await mailbox.filed();
      assert.deepEqual(await limited.outlines(entries), [outline, null]);
      const third = await outlineOf("Subject: third\r\n\r\n");
      await limited.saveOutlines(entries.map((entry) => ({ entry, outline: third })));
      assert.deepEqual(await limited.outlines(entries), [third, null]);
      assert.deepEqual(await filed.outlines(entries), [third, other]);
    } finally {
      await mailbox.finish();
    }
  }));
