/** Folders as mail programs see them: what comes, changes and goes, with UIDs that rise. */
import assert from "node:assert/strict";
import type { Lies } from "../../../support/hostile_server.ts";
import { mail, numberOf, onFolders, only, textOf, until } from "../../../support/folders_stage.ts";

Deno.test("mail that comes is heard of, and shown under a UID, its size exact before it is opened", () =>
  onFolders(async ({ alice, a, b, server }) => {
    const heard = until(b, () => b.messages("inbox").length === 3);
    for (const subject of ["one", "two", "three"]) await alice.send("bob", subject);
    await heard;
    await a.refresh();
    let opened = 0;
    const counted: Lies = {
      body: (honest) => (account, id) => {
        opened++;
        return honest.body(account, id);
      },
    };
    await server.lying(counted, async () => {
      const messages = a.messages("inbox");
      assert.deepEqual(messages.map(({ uid }) => uid), [1, 2, 3]);
      assert.ok(a.uidNext > 3 && a.modseq >= Math.max(...messages.map(({ modseq }) => modseq)));
      const facts = await a.facts(messages);
      assert.equal(opened, 0);
      for (const [at, message] of messages.entries()) {
        const text = await textOf(a, message);
        assert.equal(text.length, facts[at]!.bytes);
        assert.match(
          text,
          /^Mailctl-Sender: alice@mail\.test\r\nMailctl-Fingerprint: [0-9a-f]{64}\r\n/,
        );
        assert.equal(await textOf(a, message, 5, 25), text.slice(5, 25));
        const { header, structure } = (await a.outline(message))!;
        assert.equal(text.slice(0, header.length).endsWith("\r\n\r\n"), true);
        assert.ok(structure);
      }
      assert.equal(opened, 3, "each once");
    });
  }));

Deno.test("flags and keywords are the same on both machines, and who asked for no change keeps its own", () =>
  onFolders(async ({ alice, a, b }) => {
    await alice.send("bob", "one");
    await a.refresh();
    const before = only(a, "inbox");
    assert.deepEqual(await a.change([before], { addFlags: ["flagged"], seen: true }), []);
    const marked = only(a, "inbox");
    assert.deepEqual([marked.flags, marked.isSeen, marked.uid], [["flagged"], true, before.uid]);
    assert.ok(marked.modseq > before.modseq);
    await b.refresh();
    assert.deepEqual(await b.change([only(b, "inbox")], { addKeywords: ["$label1"] }), []);
    assert.deepEqual(await a.change([marked], { setFlags: [] }, marked.modseq), [marked.id]);
    const after = only(a, "inbox");
    assert.deepEqual([after.flags, after.keywords], [["flagged"], ["$label1"]]);
    assert.deepEqual(
      await a.change([after], { setFlags: ["draft"], seen: false }, after.modseq),
      [],
    );
    const last = only(a, "inbox");
    assert.deepEqual([last.flags, last.isSeen], [["draft"], false]);
  }));

Deno.test("copies and moves tell which UID became which, and are above all that were there", () =>
  onFolders(async ({ alice, a, b }) => {
    await alice.send("bob", "one");
    await alice.send("bob", "two");
    await a.refresh();
    const archive = numberOf(a, "Archive");
    const [one, two] = a.messages("inbox");
    const moved = await a.move([one!, two!], archive);
    assert.deepEqual(moved.map(({ from }) => from), [1, 2]);
    assert.deepEqual(a.messages(archive).map(({ uid }) => uid), moved.map(({ to }) => to));
    assert.ok(moved[0]!.to > 2 && moved[1]!.to > moved[0]!.to);
    const texts = await Promise.all(a.messages(archive).map((message) => textOf(a, message)));
    const copied = await a.copy(a.messages(archive), archive);
    assert.deepEqual(copied.map(({ from }) => from), moved.map(({ to }) => to));
    assert.equal(a.messages(archive).length, 4);
    await b.refresh();
    const seen = b.messages(archive);
    const again = await Promise.all(seen.map((message) => textOf(b, message)));
    assert.deepEqual(again, [...texts, ...texts]);
    assert.deepEqual(await a.move([one!, two!], archive), [], "they are there already");
    await assert.rejects(a.move(a.messages(archive), "sent"), { code: "denied" });
    await assert.rejects(a.copy(a.messages(archive), 99), { code: "no_such_message" });
  }));

Deno.test("only what still is to be deleted, and stands where it stood, is deleted", () =>
  onFolders(async ({ alice, a, b }) => {
    for (const subject of ["one", "two", "three", "four"]) await alice.send("bob", subject);
    await a.refresh();
    await a.change(a.messages("inbox").slice(1), { addFlags: ["deleted"] });
    await b.refresh();
    const told = a.messages("inbox");
    await b.change(told.slice(1, 2), { removeFlags: ["deleted"] });
    await b.move(told.slice(2, 3), numberOf(b, "Archive"));
    await b.change(told.slice(3, 4), { addFlags: ["flagged"] });
    await a.expunge(told);
    assert.deepEqual(a.messages("inbox").map(({ uid }) => uid), [1, 2]);
    assert.equal(a.messages(numberOf(a, "Archive")).length, 1);
    assert.deepEqual(await a.facts(told.slice(3)), [null]);
    await assert.rejects(textOf(a, told[3]!), { code: "no_such_message" });
    assert.equal(await a.outline(told[3]!), null);
  }));

Deno.test("what is appended comes back byte for byte, with its flags and its date", () =>
  onFolders(async ({ a, b }) => {
    const drafts = numberOf(a, "Drafts");
    const source = "Mailctl-Sender: forged\r\nSubject: a\r\n\r\nb\0\xff\n.\r\n";
    const internalDate = 1_600_000_000_000;
    for (const key of ["inbox", drafts, numberOf(a, "Archive")] as const) {
      const uid = await a.append(
        key,
        mail(source, { flags: ["draft"], keywords: ["x"], internalDate }),
      );
      const message = only(a, key);
      assert.equal(message.uid, uid);
      assert.deepEqual([message.flags, message.keywords], [["draft"], ["x"]]);
      await b.refresh();
      const there = only(b, key);
      assert.deepEqual([there.uid, there.internalDate], [uid, internalDate]);
      const text = await textOf(b, there);
      const [facts] = await b.facts([there]);
      assert.deepEqual(facts, { bytes: text.length, outcomeKeyword: null });
      assert.match(text, /^Gone:-+\r\nSubject: a\r\n\r\nb\0/);
    }
    assert.deepEqual([only(a, "inbox").isSeen, only(a, drafts).isSeen], [false, true]);
    const { bytes } = await a.usage();
    assert.ok(bytes > 3 * source.length);
    await assert.rejects(a.append(99, mail(source)), { code: "no_such_message" });
  }));

Deno.test("what is moved into its own folder gets a new UID there, and keeps its flags", () =>
  onFolders(async ({ alice, a, b }) => {
    for (const subject of ["one", "two", "three"]) await alice.send("bob", subject);
    await a.refresh();
    const [one, , three] = a.messages("inbox");
    await a.change([one!], { addFlags: ["flagged"] });
    const moved = await a.move([one!, three!], "inbox");
    assert.deepEqual(moved.map(({ from }) => from), [1, 3]);
    assert.ok(moved[0]!.to > 3 && moved[1]!.to > moved[0]!.to);
    await b.refresh();
    for (const folders of [a, b]) {
      const there = folders.messages("inbox");
      assert.deepEqual(there.map(({ uid }) => uid), [2, ...moved.map(({ to }) => to)]);
      assert.deepEqual(there.map(({ flags }) => flags), [[], ["flagged"], []]);
    }
    assert.deepEqual(await a.move([one!], "inbox"), [], "it is no more where it was seen");
  }));

Deno.test("a folder that a command makes is subscribed, until a command deletes it", () =>
  onFolders(async ({ bob, a }) => {
    await bob.with(async (mailbox) => {
      const filed = await mailbox.filed();
      await filed.createFolder("Bills");
      await filed.renameFolder("Bills", "Paid");
      await a.refresh();
      assert.deepEqual([a.subscribed.has("Bills"), a.subscribed.has("Paid")], [false, true]);
      await a.subscribe("Paid", false);
      await filed.createFolder("Paid"); // it is there
      await a.refresh();
      assert.ok(!a.subscribed.has("Paid"));
      await a.subscribe("Paid", true);
      await filed.deleteFolder("Paid");
      await a.refresh();
      assert.ok(!a.subscribed.has("Paid"));
    });
  }));

Deno.test("folders are made with the levels above, renamed, subscribed and removed, on both machines", () =>
  onFolders(async ({ a, b, alice }) => {
    const heard = until(b, () => b.folders.some(({ name }) => name === "x/y/ä"));
    const made = await a.create("x/y/a\u0308");
    await heard;
    const names = ["INBOX", "Sent", "Archive", "Drafts", "Trash", "Junk", "x", "x/y", "x/y/ä"];
    assert.deepEqual(b.folders.map(({ name }) => name), names);
    assert.deepEqual(b.folders, a.folders);
    assert.equal(new Set(a.folders.slice(6).map(({ uidValidity }) => uidValidity)).size, 3);
    for (const name of ["x", "inbox", "Sent", "Archive"]) {
      await assert.rejects(b.create(name), { code: "name_taken" }, name);
    }
    await assert.rejects(b.create("a//b"), { code: "malformed" });
    await b.rename(made.key, "z/new");
    await a.refresh();
    const renamed = a.folders.find(({ key }) => key === made.key)!;
    assert.deepEqual([renamed.name, renamed.uidValidity], ["z/new", made.uidValidity]);
    assert.ok(a.folders.some(({ name }) => name === "z"));
    const builtIn = ["INBOX", "Sent", "Archive", "Drafts", "Trash", "Junk"];
    assert.deepEqual([...b.subscribed], builtIn, "who makes a folder does not subscribe it");
    await a.subscribe("z/new", true);
    await a.subscribe("nothing", true);
    await a.subscribe("Sent", false);
    await b.refresh();
    assert.deepEqual([...b.subscribed], [
      ...builtIn.filter((name) => name !== "Sent"),
      "z/new",
      "nothing",
    ]);
    await b.rename(made.key, "z/newer");
    assert.ok(b.subscribed.has("z/newer") && !b.subscribed.has("z/new"));
    await alice.send("bob", "kept");
    await b.refresh();
    await b.move(b.messages("inbox"), made.key);
    await b.remove(made.key);
    assert.ok(b.subscribed.has("z/newer"), "RFC 9051 6.3.7");
    const trash = numberOf(b, "Trash");
    assert.equal(b.messages(trash).length, 1);
    assert.deepEqual(b.messages(made.key), []);
    const again = await a.create("z/newer");
    assert.ok(again.uidValidity > made.uidValidity, "another folder of the name");
    for (const { key, name } of a.folders.slice(0, 6)) {
      const message = `Cannot change ${name}: every account has this folder`;
      await assert.rejects(a.remove(key), { code: "denied", message });
      await assert.rejects(a.rename(key, "y"), { code: "denied", message });
    }
    assert.deepEqual(a.folders.slice(0, 6).map(({ name }) => name), builtIn);
    await assert.rejects(a.subscribe("a//b", true), { code: "malformed" });
    await assert.rejects(a.rename(again.key, "INBOX"), { code: "name_taken" });
  }));

Deno.test("a third bridge shows the same UIDs and the same UIDVALIDITY", () =>
  onFolders(async ({ alice, a, open }) => {
    await alice.send("bob", "one");
    await a.create("own");
    await a.refresh();
    await a.move(a.messages("inbox"), numberOf(a, "own"));
    const c = await open();
    try {
      assert.deepEqual(c.folders, a.folders);
      for (const { key } of a.folders) assert.deepEqual(c.messages(key), a.messages(key));
      assert.ok(c.folders[0]!.uidValidity > 1_700_000_000);
    } finally {
      c.close();
    }
  }));

Deno.test("what left a folder is known from the start of the bridge on, whoever took it away", () =>
  onFolders(async ({ alice, a, b }) => {
    for (const subject of ["one", "two", "three"]) await alice.send("bob", subject);
    await Promise.all([a.refresh(), b.refresh()]);
    const [one, two, three] = a.messages("inbox");
    const before = a.modseq;
    assert.deepEqual(a.vanishedSince("inbox", before), []);
    await b.move([b.messages("inbox")[1]!], 1);
    await a.refresh();
    const between = a.modseq;
    await a.change([one!], { addFlags: ["deleted"] });
    await a.expunge([one!]);
    assert.deepEqual(a.vanishedSince("inbox", before), [one!.uid, two!.uid]);
    assert.deepEqual(a.vanishedSince("inbox", between), [one!.uid]);
    assert.deepEqual(a.vanishedSince(1, before), []);
    assert.equal(a.vanishedSince("inbox", 0), null);
    assert.equal(a.messages("inbox")[0]!.uid, three!.uid);
  }));
