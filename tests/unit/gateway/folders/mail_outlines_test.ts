/** Headers and structures: found once for all machines, the same as the bytes, and never of a note. */
import assert from "node:assert/strict";
import type { Lies } from "../../../support/hostile_server.ts";
import { byteString } from "../../../../src/mime/byte_string.ts";
import { limits } from "../../../../src/model/limits.ts";
import { mail, onFolders, only, textOf } from "../../../support/folders_stage.ts";

Deno.test("what one machine found, another one has without opening a body, in pages", () =>
  onFolders(async ({ a, open, server }) => {
    for (let at = 0; at < 60; at++) await a.append("inbox", mail(`Subject: ${at}\r\n\r\nx\r\n`));
    const found = await Promise.all(a.messages("inbox").map((message) => a.outline(message)));
    await a.refresh(); // they are handed to the server
    const [opened, asked] = [[] as number[], [] as number[]];
    const counted: Lies = {
      body: (honest) => (account, id) => {
        opened.push(id);
        return honest.body(account, id);
      },
      outlines: (honest) => (account, ids) => {
        asked.push(ids.length);
        return honest.outlines(account, ids);
      },
    };
    await server.lying(counted, async () => {
      await a.usage(); // behind them
      const c = await open();
      try {
        for (const [at, message] of c.messages("inbox").entries()) {
          assert.deepEqual(await c.outline(message), found[at]);
        }
      } finally {
        c.close();
      }
    });
    assert.deepEqual(opened, []);
    assert.deepEqual(asked, [8, 32, 20], "more and more at once");
  }));

Deno.test("what nobody found yet is asked for in pages, and opened together", () =>
  onFolders(async ({ a, server }) => {
    for (let at = 0; at < 60; at++) await a.append("inbox", mail(`Subject: ${at}\r\n\r\nx\r\n`));
    const asked: number[] = [];
    const counted: Lies = {
      outlines: (honest) => (account, ids) => {
        asked.push(ids.length);
        return honest.outlines(account, ids);
      },
    };
    await server.lying(counted, async () => {
      const messages = a.messages("inbox");
      const found = await Promise.all(messages.map((message) => a.outline(message)));
      assert.deepEqual(
        found.map((outline) => byteString(outline!.header)),
        messages.map((_, at) => `Subject: ${at}\r\n\r\n`),
      );
    });
    assert.deepEqual(asked, [8, 32, 20]);
  }));

Deno.test("the header is how the content begins, however long it is", () =>
  onFolders(async ({ a }) => {
    const headers = [
      "Subject: x\r\n\r\n",
      "\r\n",
      "",
      "X: y\r\n".repeat(limits.maxHeaderBytes / 5),
    ];
    for (const header of headers) {
      await a.append("inbox", mail(`${header}body\r\n`));
      const message = a.messages("inbox").at(-1)!;
      const text = await textOf(a, message);
      const outline = await a.outline(message);
      assert.ok(text.startsWith(byteString(outline!.header)));
      assert.equal(outline!.structure.header.to, outline!.header.length);
      assert.equal((await a.facts([message]))[0]!.bytes, text.length);
    }
  }));

Deno.test("of structures that are larger than their messages, those are kept that have room", () =>
  onFolders(async ({ a }) => {
    const part = `--b\r\nContent-Type: text/plain; ${"a=b;".repeat(250)}\r\n\r\nx\r\n`;
    const head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (let at = 0; at < 2; at++) await a.append("inbox", mail(head + part.repeat(720)));
    const [one, other] = a.messages("inbox");
    const first = await a.outline(one!);
    assert.ok(await a.outline(one!) === first);
    await a.outline(other!);
    assert.ok(await a.outline(one!) !== first, "both take more than 32 MiB");
  }));

Deno.test("a note has an outline of its own, which nobody keeps", () =>
  onFolders(async ({ alice, a, server }) => {
    const burning = { to: ["bob"], cc: [], bcc: [], subject: "b", attachments: [], burn: true };
    await alice.with((mailbox) => mailbox.send({ ...burning, body: new Uint8Array(3) }));
    await a.refresh();
    let saved = 0;
    const counted: Lies = {
      saveOutlines: (honest) => (...given) => {
        saved++;
        return honest.saveOutlines(...given);
      },
    };
    await server.lying(counted, async () => {
      const outline = await a.outline(only(a, "inbox"));
      assert.match(byteString(outline!.header), /Subject: mailctl keeps message 1\r\n/);
      await a.refresh();
      await a.usage();
    });
    assert.equal(saved, 0);
  }));
