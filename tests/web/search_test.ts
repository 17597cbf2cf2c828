/** Searching on the page: the words of `mailctl search`, in every folder, and what is wrong with them. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import type { PersonHere } from "../support/account_here.ts";
import { sendMany } from "./letters.ts";
import { PageStage } from "./page_stage.ts";

Deno.test("the page searches as the command does", async (t) => {
  await using stage = await PageStage.open();
  const [alice, bob] = (await stage.people("alice", "bob")) as [PersonHere, PersonHere];
  await sendMany(bob, "alice", ["Budget", "Lunch", "Budget 2"]);
  await alice.send("bob", "Sent budget");
  await alice.with(async (mailbox) => {
    const filed = await mailbox.filed();
    await filed.change([entryId(1)], { folder: 1, addFlags: ["flagged"], addKeywords: ["todo"] });
  });
  const page = await stage.page(alice);
  const who = await page.enter();
  const search = async (query: string) => {
    const { status, body } = await who.get(`search?${query}`);
    const subjects = [...body.matchAll(/<span class="subject"><bdi>([^<]*)</g)].map(([, one]) =>
      one!
    );
    return { status, body, subjects };
  };

  const found: readonly (readonly [query: string, subjects: readonly string[]])[] = [
    ["q=budget", ["Sent budget", "Budget 2", "Budget"]],
    ["q=%22the+text+of+lunch%22", ["Lunch"]],
    ["q=from:bob+BUDG", ["Budget 2", "Budget"]],
    ["q=in:sent", ["Sent budget"]],
    ["q=is:flagged+keyword:TODO", ["Budget"]],
    ["q=budget&folder=1", ["Budget"]],
    ["q=budget&folder=inbox", ["Budget 2"]],
    ["q=budget&folder=sent", ["Sent budget"]],
    ["q=before:2020-01-31", []],
    ["q=after:2020-01-31+lunch", ["Lunch"]],
    ["q=-budget", ["Lunch"]],
  ];
  for (const [query, expected] of found) {
    await t.step(query, async () => {
      const { status, subjects } = await search(query);
      assert.deepEqual([status, subjects], [200, expected]);
    });
  }

  const wrong: readonly (readonly [query: string, words: RegExp])[] = [
    ["q=form:bob", /there is no field form.*from: to: cc: bcc: subject:/s],
    ["q=in:archiv", /Cannot search in:archiv: there is no such folder.*Did you mean in:Archive\?/s],
    ["q=has:wings", /Cannot search for has:wings.*Write has:attachment/s],
    ["q=on:2026-02-31x", /Cannot use &quot;2026-02-31x&quot; as a day/],
    ["q=after:2026-13-01", /Cannot use &quot;2026-13-01&quot; as a time/],
    ["q=budget+OR", /Cannot use this OR/],
    ["q=%22budget", /Cannot read the search from/],
    [`q=${"x".repeat(1_001)}`, /the limit is 1000 characters/],
    ["q=%3Cb%3E:x", /&lt;b&gt;/],
  ];
  for (const [query, words] of wrong) {
    await t.step(`refused: ${query.slice(0, 30)}`, async () => {
      const { status, body } = await search(query);
      assert.match(body, words);
      if (!query.includes("%3C")) assert.match(body, /role="alert"/);
      assert.equal(status, query.includes("%3C") ? 200 : 422);
      assert.match(body, /<input id="q" [^>]*value="[^"]/);
    });
  }

  await t.step(
    "it says in which folder it found what, and goes on where there is more",
    async () => {
      const { body, subjects } = await search("q=budget&n=2");
      assert.deepEqual(subjects, ["Sent budget", "Budget 2"]);
      const [, next = ""] = /rel="next" href="search\?([^"]*)"/.exec(body)!;
      const more = await search(next.replaceAll("&amp;", "&"));
      assert.equal(more.subjects.length, 3);
      assert.match(more.body, /<bdi>Archive<\/bdi><\/span><\/span>/);
      assert.match(more.body, /3 found\./);
    },
  );

  await t.step("what came since is found, and what was deleted is not", async () => {
    await sendMany(bob, "alice", ["Budget 3"]);
    await alice.with((mailbox) => mailbox.delete([entryId(3)]));
    assert.deepEqual((await search("q=from:bob+budget")).subjects, ["Budget 3", "Budget"]);
  });

  await t.step("a folder that is gone is told", async () => {
    assert.equal((await search("q=x&folder=99999")).status, 404);
    assert.deepEqual(page.defects, []);
  });
});
