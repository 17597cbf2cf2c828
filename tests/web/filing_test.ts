/** Folders, stars, keywords, moves and the trash on the page, as its forms ask for them without a browser. */
import assert from "node:assert/strict";
import type { FiledMailbox } from "../../src/client/filing/filed_mailbox.ts";
import { folderNameOf } from "../../src/model/filing.ts";
import type { EntryId } from "../../src/model/ids.ts";
import type { PersonHere } from "../support/account_here.ts";
import { sendMany } from "./letters.ts";
import { type Answer, PageStage, type Program } from "./page_stage.ts";

/** A person with messages, the page, and the same account at another machine. */
class FilingStage implements AsyncDisposable {
  private constructor(
    readonly stage: PageStage,
    readonly alice: PersonHere,
    readonly who: Program,
    /** By subject. */
    readonly ids: ReadonlyMap<string, EntryId>,
  ) {}

  static async open(...subjects: string[]): Promise<FilingStage> {
    const stage = await PageStage.open();
    const [alice, bob] = (await stage.people("alice", "bob")) as [PersonHere, PersonHere];
    await sendMany(bob, "alice", subjects);
    const ids = (await alice.list()).map(({ id, headers }) => [headers!.subject, id] as const);
    const who = await (await stage.page(alice)).enter();
    return new FilingStage(stage, alice, who, new Map(ids));
  }

  /** Works as another machine does. */
  elsewhere<T>(work: (filed: FiledMailbox) => Promise<T>): Promise<T> {
    return this.alice.with(async (mailbox) => await work(await mailbox.filed()));
  }

  /** Files messages by their subjects, with the fields of a form. */
  file(subjects: readonly string[], fields: Record<string, string>, place = "inbox") {
    const ids = subjects.map((subject) => `id=${this.ids.get(subject)}`).join("&");
    const referer = `${this.who.page.base}/${place}`;
    return this.who.post(`file?${ids}`, fields, { referer });
  }

  /** Where each message is, with its flags and keywords. */
  async filed(): Promise<Record<string, string>> {
    return await this.elsewhere(async (filed) => {
      const list = await filed.folders();
      const found: Record<string, string> = {};
      for (const [subject, id] of this.ids) {
        const [one] = await filed.read([id]);
        if (one === undefined) continue;
        const { flags, keywords } = one.filing;
        found[subject] = [folderNameOf(list, one), ...flags, ...keywords].join(" ");
      }
      return found;
    });
  }

  async folderId(name: string): Promise<number> {
    const { folders } = await this.elsewhere((filed) => filed.folders());
    return folders.find((folder) => folder.name === name)!.id;
  }

  /** The subjects that a list shows. */
  async subjects(path: string): Promise<string[]> {
    const { body } = await this.who.get(path);
    return [...body.matchAll(/<span class="subject"><bdi>([^<]*)</g)].map(([, subject]) =>
      subject!
    );
  }

  /** The folders at the side, each with what is unread and what there is. */
  async counts(): Promise<Record<string, string>> {
    const { body } = await this.who.get("inbox");
    const links = body.matchAll(
      /<span class="cut"><bdi>([^<]*)<\/bdi><\/span><span class="amount" title="([^"]*)"/g,
    );
    return Object.fromEntries([...links].map(([, name, title]) => [name, title]));
  }

  /** The way to undo the last move. */
  async undoPath(): Promise<string> {
    const { body } = await this.who.get("inbox");
    return /action="(undo\?move=[^&"]*)/.exec(body)![1]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    assert.deepEqual(this.who.page.defects, []);
    await this.stage[Symbol.asyncDispose]();
  }
}

function placeOf({ status, head }: Answer): string | undefined {
  assert.equal(status, 303);
  return /^location: (.*?)\r?$/im.exec(head)?.[1];
}

/** The sentence of a page that says why not, with its status. */
function refusal({ status, body }: Answer): string {
  const [, text = body] = /<main[^>]*>(.*)<\/main>/s.exec(body) ?? [];
  const words = text.replace(/<[^>]*>/g, " ").replaceAll("&quot;", '"');
  return `${status} ${words.replace(/\s+/g, " ").trim()}`;
}

Deno.test("messages are filed from a list, several at once", async (t) => {
  await using at = await FilingStage.open("one", "two", "three");
  const acts: readonly (readonly [
    name: string,
    subjects: readonly string[],
    fields: Record<string, string>,
    filed: Record<string, string>,
  ])[] = [
    ["starred", ["one", "two"], { act: "star" }, { one: "INBOX flagged", two: "INBOX flagged" }],
    ["not starred any more", ["two"], { act: "unstar" }, { two: "INBOX" }],
    ["labelled", ["one"], { act: "label", keyword: "todo, q3" }, { one: "INBOX flagged todo q3" }],
    ["rid of a label", ["one"], { unlabel: "todo" }, { one: "INBOX flagged q3" }],
    ["rid of labels", ["one"], { act: "unlabel", keyword: "Q3" }, { one: "INBOX flagged" }],
    ["archived", ["one", "two"], { act: "archive" }, { one: "Archive flagged", two: "Archive" }],
    ["moved", ["two"], { act: "move", folder: "3" }, { two: "Trash" }],
    ["moved back", ["two"], { act: "move", folder: "inbox" }, { two: "INBOX" }],
    ["in the trash", ["one"], { act: "trash" }, { one: "Trash flagged" }],
  ];
  for (const [name, subjects, fields, filed] of acts) {
    await t.step(name, async () => {
      placeOf(await at.file(subjects, fields));
      const all = await at.filed();
      assert.deepEqual(Object.fromEntries(Object.keys(filed).map((key) => [key, all[key]])), filed);
      assert.equal(all["three"], "INBOX");
    });
  }

  await t.step(
    "marked as unread, and its page leads to the list, which does not read it",
    async () => {
      const message = `message?id=${at.ids.get("three")}`;
      await at.who.get(message);
      assert.match((await at.counts())["Inbox"]!, /2 messages, 1 unread/);
      assert.equal(placeOf(await at.file(["three"], { act: "unread" }, message)), "inbox");
      assert.match((await at.counts())["Inbox"]!, /2 messages, 2 unread/);
      const other = `message?id=${at.ids.get("one")}`;
      assert.equal(placeOf(await at.file(["one"], { act: "unread" }, other)), "folder?id=3");
    },
  );

  await t.step("starred only, and in the folder where it is", async () => {
    assert.deepEqual(await at.subjects("folder?id=3&starred=1"), ["one"]);
    assert.deepEqual(await at.subjects("inbox?starred=1"), []);
    await at.file(["three"], { act: "star" });
    assert.deepEqual(await at.subjects("inbox?starred=1"), ["three"]);
  });

  const wrong: readonly (readonly [subjects: readonly string[], Record<string, string>, RegExp])[] =
    [
      [[], { act: "star" }, /^422 .*no message is selected/],
      [["three"], { act: "label", keyword: " " }, /^422 .*the keyword is missing/],
      [["three"], { act: "label", keyword: "se(en" }, /^422 .*Cannot use the keyword/],
      [["three"], { act: "label", keyword: "Seen" }, /^422 .*Cannot use "Seen" as a keyword/],
      [["three"], { act: "move", folder: "" }, /^422 .*no folder is chosen/],
      [["three"], { act: "move", folder: "99999" }, /^404 .*the folder was deleted/],
      [["three"], { act: "move", folder: "sent" }, /^422 .*Cannot move message .* to Sent/],
      [["three"], { act: "dance" }, /^422 .*Cannot do that/],
      [["nobody's"], { act: "star" }, /^422 .*no message is selected/],
    ];
  for (const [subjects, fields, expected] of wrong) {
    await t.step(`refused: ${JSON.stringify(fields)}`, async () => {
      const before = await at.filed();
      assert.match(refusal(await at.file(subjects, fields)), expected);
      assert.deepEqual(await at.filed(), before);
    });
  }
});

Deno.test("the trash can be taken back, once, and what is in it deleted when it was asked twice", async (t) => {
  await using at = await FilingStage.open("one", "two", "three", "four");
  const { who } = at;

  await t.step("two messages come back at once, also after the page was loaded again", async () => {
    await at.file(["two"], { act: "archive" });
    placeOf(await at.file(["one", "two"], { act: "trash" }));
    const path = await at.undoPath();
    assert.equal(await at.undoPath(), path);
    const { body } = await who.get("inbox");
    assert.match(body, /Moved to <bdi class="cut">Trash<\/bdi>.*2 messages/s);
    placeOf(await who.post(path));
    const { one, two } = await at.filed();
    assert.deepEqual([one, two], ["INBOX", "Archive"]);
    assert.match(refusal(await who.post(path)), /^409 .*it was undone, or it is too late/);
  });

  await t.step(
    "what another machine moved on meanwhile stays there, and that is told",
    async () => {
      await at.file(["one", "two"], { act: "trash" });
      const path = await at.undoPath();
      await at.elsewhere((filed) => filed.change([at.ids.get("two")!], { folder: 4 }));
      assert.match(refusal(await who.post(path)), /^409 .*Cannot undo for 1 message/);
      const { one, two } = await at.filed();
      assert.deepEqual([one, two], ["INBOX", "Junk"]);
    },
  );

  await t.step("what came from a folder that was deleted since comes into the inbox", async () => {
    await at.elsewhere((filed) => filed.createFolder("Bills"));
    const bills = String(await at.folderId("Bills"));
    await at.file(["one"], { act: "move", folder: bills });
    await at.file(["one"], { act: "trash" });
    const path = await at.undoPath();
    await at.elsewhere((filed) => filed.deleteFolder("Bills"));
    placeOf(await who.post(path));
    assert.equal((await at.filed())["one"], "INBOX");
  });

  const forGood = (path: string, fields: Record<string, string> = {}) => who.post(path, fields);

  await t.step("what is not in the trash is not deleted", async () => {
    const id = at.ids.get("one")!;
    const answer = await forGood("delete", { id: String(id), confirmed: "yes" });
    assert.match(refusal(answer), /^404 .*it is not in the trash/);
    assert.equal((await at.filed())["one"], "INBOX");
  });

  await t.step("it is asked before what is in the trash is deleted", async () => {
    await at.file(["one", "two", "three"], { act: "trash" });
    const ids = `id=${at.ids.get("one")}&id=${at.ids.get("four")}`;
    const asked = await forGood(`delete?${ids}`);
    assert.match(refusal(asked), /^200 Delete 1 message in the trash for good\?/);
    assert.equal((await at.filed())["one"], "Trash");
    const id = String(at.ids.get("one"));
    const fields = { id, confirmed: "yes" };
    for (const _twice of [1, 2]) {
      assert.equal(placeOf(await forGood("delete", fields)), "folder?id=3&done=deleted");
    }
    assert.deepEqual(await at.filed(), { two: "Trash", three: "Trash", four: "INBOX" });
    const later = await who.page.renew(who);
    assert.match(refusal(await later.post("delete", fields)), /^404/);
  });

  await t.step("emptying deletes what was asked about, and nothing that came since", async () => {
    const asked = await forGood("empty");
    assert.match(refusal(asked), /^200 Delete 2 messages in the trash for good\?/);
    const [, upTo = ""] = /name="upTo" value="(\d+)"/.exec(asked.body)!;
    await at.file(["four"], { act: "trash" });
    placeOf(await forGood("empty", { upTo, confirmed: "yes" }));
    assert.deepEqual(await at.filed(), { four: "Trash" });
  });
});

Deno.test("folders are made, opened, renamed and deleted", async (t) => {
  await using at = await FilingStage.open("one", "two");
  const { who } = at;
  const name = 'Zoë/"<i>&\u202e/x';

  await t.step("one of any name", async () => {
    assert.equal(placeOf(await who.post("create-folder", { name })), "folders?done=create-folder");
    const id = await at.folderId(name);
    placeOf(await at.file(["one"], { act: "move", folder: String(id) }));
    assert.deepEqual(await at.subjects(`folder?id=${id}`), ["one"]);
    const { body } = await who.get(`folder?id=${id}`);
    assert.doesNotMatch(body, /<i>|\u202e/);
    assert.match(body, /&lt;i&gt;&amp;\\u\{202e\}\/x/);
    assert.match(body, /<title>Folder · mailctl<\/title>/);
    const counts = await at.counts();
    assert.equal(counts["Zoë"], "0 messages, 0 unread", "the levels above it are made");
    assert.equal(counts["&quot;&lt;i&gt;&amp;\\u{202e}"], "0 messages, 0 unread");
    assert.equal(counts["x"], "1 message, 1 unread");
  });

  await t.step("renamed, it is the folder that it was", async () => {
    const id = await at.folderId(name);
    placeOf(await who.post(`rename-folder?id=${id}`, { name: "Bills" }));
    assert.deepEqual(await at.subjects(`folder?id=${id}`), ["one"]);
    assert.equal((await at.filed())["one"], "Bills");
  });

  const refused: readonly (readonly [path: string, name: string, expected: RegExp])[] = [
    ["create-folder", "Bills", /the folder "Bills" exists/],
    ["create-folder", "inbox", /the folder "INBOX" exists/],
    ["create-folder", "a//b", /Cannot name a folder "a\/\/b"/],
    ["create-folder", "", /Cannot name a folder ""/],
    ["rename-folder?id=BILLS", "Trash", /the folder "Trash" exists/],
    ["rename-folder?id=3", "Bin", /Cannot rename Trash: every account has this folder/],
    ["delete-folder?id=2", "", /Cannot delete Drafts: every account has this folder/],
    ["delete-folder?id=99999", "", /another machine deleted it/],
    ["rename-folder?id=", "x", /Cannot tell which/],
  ];
  for (const [path, wanted, expected] of refused) {
    await t.step(`refused: ${path} ${wanted}`, async () => {
      const id = String(await at.folderId("Bills"));
      const answer = await who.post(path.replace("BILLS", id), { name: wanted });
      assert.equal(answer.status, 422);
      assert.match(refusal(answer), expected);
    });
  }

  await t.step("what another machine did meanwhile is seen, and what is gone is told", async () => {
    const id = await at.folderId("Bills");
    await at.elsewhere((filed) => filed.renameFolder("Bills", "Invoices"));
    assert.match((await who.get(`folder?id=${id}`)).body, /<h1><bdi>Invoices</);
    await at.elsewhere((filed) => filed.deleteFolder("Invoices"));
    assert.match(refusal(await who.get(`folder?id=${id}`)), /^404 .*it was deleted/);
    assert.equal((await at.filed())["one"], "Trash");
    assert.match(refusal(await who.get("folder?id=x")), /^404/);
  });

  await t.step("deleted, its mail goes to the trash", async () => {
    const id = await at.folderId("Zoë");
    placeOf(await at.file(["two"], { act: "move", folder: String(id) }));
    placeOf(await who.post(`delete-folder?id=${id}`));
    assert.equal((await at.filed())["two"], "Trash");
    assert.equal((await at.counts())["Inbox"], "0 messages, 0 unread");
  });
});

Deno.test("a message that another machine deleted or moved meanwhile is no reason to fail", async () => {
  await using at = await FilingStage.open("one", "two", "three");
  await at.who.get("inbox");
  await at.alice.with((mailbox) => mailbox.delete([at.ids.get("one")!]));
  await at.elsewhere((filed) => filed.change([at.ids.get("two")!], { folder: 4 }));
  placeOf(await at.file(["one", "two", "three"], { act: "star" }));
  assert.deepEqual(await at.filed(), { two: "Junk flagged", three: "INBOX flagged" });
  assert.match(refusal(await at.file(["one"], { act: "star" })), /^404 .*it was deleted/);
  assert.deepEqual(await at.subjects("folder?id=4"), ["two"]);
});
