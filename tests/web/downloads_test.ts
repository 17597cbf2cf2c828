/** Files on their way out of the page. */
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { limits } from "../../src/model/limits.ts";
import type { PersonHere } from "../support/account_here.ts";
import type { Lies } from "../support/hostile_server.ts";
import { until } from "../support/person.ts";
import { PageStage } from "./page_stage.ts";

for (const method of ["GET", "HEAD"]) {
  Deno.test(`a download that is given up before it begins leaves its place to others: ${method}`, async () => {
    await using stage = await PageStage.open();
    const [alice, bob] = (await stage.people("alice", "bob")) as [PersonHere, PersonHere];
    const file = { name: "a.bin", type: "application/octet-stream", size: 1, content: utf8("a") };
    const draft = { to: ["alice"], cc: [], bcc: [], subject: "s", body: utf8("") };
    await bob.with((mailbox) => mailbox.send({ ...draft, attachments: [file] }));
    const page = await stage.page(alice);
    const who = await page.enter();
    const target = `attachment?id=${(await alice.list())[0]!.id}&n=1`;

    const held = Promise.withResolvers<void>();
    let asked = 0;
    const keyring: Lies["keyring"] = (honest) => async (...which) => {
      asked++;
      await held.promise;
      return await honest.keyring(...which);
    };
    await stage.server.lying({ keyring }, async () => {
      const [hostname = "", port] = page.authority.split(":");
      for (let at = 1; at <= limits.maxPageDownloads; at++) {
        using connection = await Deno.connect({ hostname, port: Number(port) });
        const head = `${method} ${who.prefix}/${target} HTTP/1.1\r\nhost: ${page.authority}\r\n`;
        await connection.write(utf8(`${head}cookie: ${who.cookie}\r\n\r\n`));
        await until(() => asked === at, "the download");
      }
      held.resolve();
    });
    await until(async () => (await who.get(target)).status === 200, "there is room");
    assert.deepEqual(page.defects, []);
  });
}
