/** `mailctl web` as a process: how the browser gets its link, and how it ends. */
import assert from "node:assert/strict";
import { enter, follow, PageProcess } from "../support/page_process.ts";
import { deadline, type Person, Stage, until } from "../support/person.ts";
import { ask } from "./page_stage.ts";

Deno.test("mailctl web, as it is run", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = (await stage.people(server, "alice", "bob")) as [Person, Person];
  await bob.send(["alice", "-s", "First", "-m", "x"]);
  await bob.send(["alice", "-s", "Second", "-m", "x"]);
  const seen = `${alice.home.folder}/seen`;
  const browser = `${alice.home.folder}/bin/xdg-open`;
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${seen}.args\ncp -p "$1" ${seen}.html\n` +
    `env > ${seen}.env\nstat -c %a "$1" "$(dirname "$1")" > ${seen}.new && mv ${seen}.new ${seen}\n`;
  await Deno.writeTextFile(browser, script, { mode: 0o755 });

  await t.step(
    "the browser gets a file that nobody else can read, and no secret in its arguments",
    async () => {
      const env = { MAILCTL_PASSWORD: "not to be seen" };
      await using page = await PageProcess.of(alice.home.start(["web"], { env }));
      await until(() => exists(seen), "the browser");
      assert.deepEqual((await Deno.readTextFile(seen)).split("\n"), ["600", "700", ""]);
      const args = (await Deno.readTextFile(`${seen}.args`)).trimEnd();
      assert.match(args, /^\/\S+\/mailctl\/web\/open-[0-9a-f]{16}\.html$/);
      assert.doesNotMatch(await Deno.readTextFile(`${seen}.env`), /not to be seen/);
      const html = await Deno.readTextFile(`${seen}.html`);
      const [link = ""] = /http:\/\/127[^"<]+/.exec(html) ?? [];
      assert.notEqual(link, page.link); // each is good once
      assert.equal((await follow(link)).status, 200);
      assert.equal((await follow(link)).status, 403);
      assert.equal(await page.end("SIGINT"), 0);
      assert.equal(await exists(args), false);
    },
  );

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await t.step(`what was moved to the trash is there, also after ${signal}`, async () => {
      await using page = await PageProcess.start(alice, "--no-open");
      const { base, cookie } = await enter(page.link);
      const at = new URL(base);
      const inbox = await ask(at.host, { target: `${at.pathname}/inbox`, headers: { cookie } });
      const sheet = await ask(at.host, { target: `${at.pathname}/page.css`, headers: { cookie } });
      assert.match(sheet.body, /:root \{/);
      const [, token = ""] = /data-token="([^"]+)"/.exec(inbox.body) ?? [];
      const [, id = ""] = /data-id="(\d+)"/.exec(inbox.body) ?? [];
      const before = (await alice.list("inbox")).total;
      const moved = await ask(at.host, {
        method: "POST",
        target: `${at.pathname}/file?id=${id}&act=trash`,
        headers: {
          ...{ cookie, origin: at.origin, "x-token": token },
          "content-type": "application/x-www-form-urlencoded",
        },
      });
      assert.equal(moved.status, 303, moved.body);
      assert.equal(await page.end(signal), signal === "SIGKILL" ? 128 + 9 : 0);
      assert.equal((await alice.list("inbox")).total, before - 1);
      assert.equal(page.said, "");
    });
  }

  await t.step("a file that nobody takes does not keep it from ending", async () => {
    const path = `${alice.home.folder}/large`;
    await Deno.writeFile(path, new Uint8Array(16_000_000));
    await bob.send(["alice", "-s", "Large", "-m", "x", "-a", path]);
    await using page = await PageProcess.start(alice, "--no-open");
    const { base, cookie } = await enter(page.link);
    const { id } = (await alice.list("inbox")).messages[0]!;
    const begun = await get(`${base}/attachment?id=${id}&n=1`, cookie);
    assert.equal(begun.status, 200);
    const ended = page.end("SIGTERM");
    assert.equal(await deadline(ended, 120_000, "it goes on"), 0);
    await begun.body!.cancel().catch(() => {});
    assert.equal(page.said, "");
  });

  await t.step("an outage is told, and when it is over nothing was missed", async () => {
    await using page = await PageProcess.start(alice, "--no-open");
    const { base, cookie } = await enter(page.link);
    assert.equal((await get(`${base}/inbox`, cookie)).status, 200);
    const events = await get(`${base}/events`, cookie);
    const told = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    const hears = async (name: string) => {
      for (let text = ""; !text.includes(`event: ${name}\n`);) text += (await told.read()).value;
    };
    await server.stop();
    await deadline(hears("trouble"), 120_000, "no word of the outage");
    const down = await get(`${base}/inbox?n=25`, cookie);
    assert.equal(down.status, 503);
    const said = await down.text();
    assert.match(said, /id="trouble" class="banner bad" role="alert">Cannot reach the server/);
    assert.match(said, /href="\.\/inbox\?n=25">Try again</);
    await server.start();
    await deadline(hears("well"), 120_000, "no word of its end");
    assert.match(await (await get(`${base}/inbox`, cookie)).text(), /id="trouble" [^>]*hidden/);
    await bob.send(["alice", "-s", "Afterwards", "-m", "x"]);
    await deadline(hears("mail"), 120_000, "no word of the mail");
    assert.match(await (await get(`${base}/inbox`, cookie)).text(), /Afterwards/);
    await told.cancel();
  });

  await t.step("nobody's mailbox is a page to sign in on", async () => {
    const home = stage.home("nobody");
    const child = home.start(["web", "--no-open"], { env: { MAILCTL_SERVER: server.address } });
    await using page = await PageProcess.of(child);
    const { base, cookie } = await enter(page.link);
    const at = new URL(base);
    const { status, head } = await ask(at.host, {
      target: `${at.pathname}/inbox`,
      headers: { cookie },
    });
    assert.deepEqual([status, /^location: (.*)\r?$/im.exec(head)?.[1]], [303, "sign-in"]);
  });

  await t.step("a port in use is told of with 69", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const { status, err } = await alice.run(["web", "--no-open", "--port", String(port)]);
    assert.deepEqual([status, /another program uses the address/.test(err)], [69, true]);
  });
});

function get(url: string, cookie: string): Promise<Response> {
  return fetch(url, { headers: { cookie } });
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(
    () => true,
    () => false,
  );
}
