/** Several pages of one person: what is done on one of them is not done as somebody else, and not lost. */
import assert from "node:assert/strict";
import { passwordHere, type PersonHere } from "../support/account_here.ts";
import { PageStage, type Program } from "./page_stage.ts";

const draft = "d".repeat(43);

Deno.test("several tabs", async (t) => {
  await using stage = await PageStage.open();
  const [alice, bob] = (await stage.people("alice", "bob")) as [PersonHere, PersonHere];
  await bob.send("alice", "For Alice");
  await alice.send("bob", "For Bob");

  await t.step("a page of one account does nothing once another one is signed in", async () => {
    const page = await stage.page(alice);
    const old = await page.enter();
    await signIn(stage, old, "bob");
    const { id } = (await bob.list())[0]!;
    const acts = [`delete?id=${id}`, `file?id=${id}&act=trash`, "undo?move=x", "discard-draft"];
    for (const path of [...acts, "sign-out", "password", "unload?draft=x&id=y"]) {
      const { status, body } = await old.post(path);
      assert.equal(status, 409, path);
      assert.match(
        body,
        /the page is of alice@mail\.test, but bob@mail\.test is signed in now/,
      );
    }
    const kept = await old.post("keep-draft", { draft, to: "alice" }, {
      accept: "application/json",
    });
    assert.equal(kept.status, 409);
    const letter = { draft, to: "alice", subject: "Mine", text: "By Alice", reply: String(id) };
    const { status, body } = await old.post("send", letter);
    assert.equal(status, 422);
    assert.match(body, /bob@mail\.test is signed in now.*By Alice/s);
    assert.doesNotMatch(body, /name="reply"/);
    assert.equal((await bob.list("sent")).length, 1);
    const fresh = await page.renew(old);
    assert.equal((await fresh.post("send", letter)).status, 303);
    assert.equal((await bob.list("sent")).length, 2);
    assert.deepEqual(page.defects, []);
  });

  await t.step(
    "what was attached, and made room for others since, is missed before it is sent",
    async () => {
      const page = await stage.page(alice);
      const who = await page.enter();
      const upload = async (to: string) => {
        const { body } = await who.post(`upload?draft=${to}&name=a.txt`);
        return JSON.parse(body).id as string;
      };
      const attached = await upload(draft);
      const letter = { draft, to: "bob", subject: "With a file", attached };
      for (let at = 0; at < 50; at++) await upload(`other-${at}`);
      const { status, body } = await who.post("send", letter);
      assert.equal(status, 422);
      assert.match(body, /Cannot continue: 1 attached file is lost/);
      assert.equal(
        (await who.post("send", { ...letter, attached: await upload(draft) })).status,
        303,
      );
      assert.equal((await bob.list())[0]!.headers!.attachments.length, 1);
    },
  );

  await t.step(
    "a move and its undoing lead back to where they were asked for, and are counted",
    async () => {
      const page = await stage.page(alice);
      const who = await page.enter();
      const { id, readAt } = (await alice.list())[0]!;
      assert.equal(readAt, null);
      const from = async (path: string, place: string) => {
        const { head } = await who.post(path, {}, { referer: place });
        return /^location: (.*?)\r?$/im.exec(head)?.[1];
      };
      const trash = `file?id=${id}&act=trash`;
      const undo = async () => {
        const { body } = await who.get("inbox");
        return /action="(undo\?move=[^&"]*)/.exec(body)![1]!;
      };
      const sum = async () =>
        /(\d+ messages?, \d+ unread)</.exec((await who.get("inbox")).body)?.[1];
      const here = (path: string) => `${page.base}/${path}`;
      const counts = [await sum()];
      assert.equal(await from(trash, here("search?q=a&box=inbox")), "search?q=a&box=inbox");
      counts.push(await sum());
      assert.equal(await from(await undo(), here("message?id=9")), "message?id=9");
      for (const other of ["message?id=9", "compose", "inboxes", "../inbox", "//evil.test/inbox"]) {
        assert.equal(await from(trash, here(other)), "inbox", other);
        await who.post(await undo());
      }
      assert.equal(await from(trash, "http://evil.test/inbox"), "inbox");
      assert.equal(await from(await undo(), here("inbox?n=25&before=9")), "inbox?n=25&before=9");
      assert.deepEqual(counts, ["2 messages, 2 unread", "1 message, 1 unread"]);
      assert.deepEqual(page.defects, []);
    },
  );
});

/** Signs out on a page, and in as somebody else, as another tab does. */
async function signIn(stage: PageStage, program: Program, name: string): Promise<void> {
  await program.post("sign-out");
  const login = { server: stage.server.trusted, name, secret: passwordHere };
  assert.equal((await program.post("sign-in", login)).status, 303);
}
