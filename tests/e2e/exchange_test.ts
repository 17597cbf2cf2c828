/** An account taken elsewhere: what `export` writes comes into another account in the same folders, with the same marks. */
import assert from "node:assert/strict";
import { append, connectImap } from "../support/bridge_imap.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { type Person, Stage } from "../support/person.ts";

const folders = ["Bills", "R&D/v1.0", "Entwürfe", "日本語/😀", " x ", "a.b.c"];

interface ImportCounts {
  readonly imported: number;
  readonly skipped: number;
  readonly refused: number;
}

interface FiledJson {
  readonly box: string;
  readonly subject: string;
  readonly readAt: string | null;
  readonly folder: string;
  readonly flags: readonly string[];
  readonly keywords: readonly string[];
}

/** All messages of an account, as they are filed. */
async function filedIn(person: Person): Promise<string[]> {
  const { out } = await person.do(["export", "--format", "json", "--box", "all"]);
  const messages = out.trimEnd().split("\n").map((line) => JSON.parse(line) as FiledJson);
  return messages.map(({ box, subject, readAt, folder, flags, keywords }) => {
    const isRead = box === "sent" || readAt !== null;
    return JSON.stringify({ box, subject, isRead, folder, flags, keywords });
  }).sort();
}

/** As above, without the box, which an mbox file does not tell. */
function withoutBox(filed: readonly string[]): string[] {
  return filed.map((line) => line.replace(/"box":"\w+",/, "")).sort();
}

async function folderNames(person: Person): Promise<string[]> {
  const { folders } = JSON.parse((await person.do(["folders", "--json"])).out);
  return (folders as { readonly name: string }[]).map(({ name }) => name).sort();
}

/** Counts the folders that a mail program shows. */
async function subscribedOf(person: Person): Promise<number> {
  await using bridge = await BridgeProcess.start(person);
  const program = await connectImap(bridge);
  const listed = await program.ok('LIST "" "*" RETURN (SUBSCRIBED)');
  program.close();
  return listed.filter((line) => line.includes("\\Subscribed")).length;
}

async function importAll(person: Person, ...args: string[]): Promise<ImportCounts> {
  return JSON.parse((await person.run(["import", "--json", ...args])).out);
}

/** An account with mail of every kind, in folders of odd names; the sender writes flags into one message himself. */
async function furnish(ann: Person, ben: Person): Promise<void> {
  for (const folder of folders) await ann.do(["folders", "create", folder]);
  for (let number = 1; number <= 8; number++) {
    await ben.send(["ann", "-s", `received ${number}`, "-m", `From line\n${number}`]);
  }
  const forged =
    "From x@x.test Sat Nov 21 09:05:00 2026\nStatus: RO\nX-Status: F\nX-Keywords: evil\nStatus: RO\nX-Status: F\n" +
    "X-Keywords: worse\nFrom: x@x.test\nSubject: forged\n\nx\n";
  await ann.run(["import", "-"], { stdin: forged });
  const ids = (await ann.list("inbox")).messages.map(({ id }) => String(id)).reverse();
  await ann.do(["flag", ids[0]!, "+flagged", "+answered", "+todo", "+$Label1"]);
  await ann.do(["flag", ids[1]!, "+forwarded"]);
  await ann.do(["flag", ids[8]!, "--", "-flagged", "-evil"]);
  await ann.do(["read", ids[2]!]);
  for (const [at, folder] of folders.entries()) await ann.do(["move", ids[at]!, folder]);
  await ann.do(["trash", ids[6]!]);
  const sent = await ann.send(["ben", "-s", "sent", "-m", "x"]);
  await ann.do(["move", String(await ann.send(["ben", "-s", "filed", "-m", "x"])), "Bills"]);
  await ann.do(["flag", String(sent), "+flagged", "+mine"]);
  await ann.do(["send", "ben", "-s", "draft", "-m", "x", "--save-draft"]);
}

Deno.test("an account comes into another with its folders, flags, keywords and read marks", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [ann, ben, maildir, mbox, json] = await stage.people(
    server,
    ...["ann", "ben", "maildir", "mbox", "json"],
  ) as [Person, Person, Person, Person, Person];
  await furnish(ann, ben);
  const [expected, names] = [await filedIn(ann), await folderNames(ann)];
  const there = { imported: 0, skipped: expected.length, refused: 0 };
  assert.equal(expected.length, 12);
  const work = "../../ann/work";

  await t.step("as a Maildir++ tree", async () => {
    await ann.do(["export", "--format", "maildir", "--box", "all", "-o", "Mail"]);
    const forwarded = `${ann.home.work}/Mail/.R&-D.v1&AC4-0`;
    const keywords = await Deno.readTextFile(`${forwarded}/dovecot-keywords`);
    assert.equal(keywords, "0 $Forwarded\n", "Dovecot reads no P");
    const [file] = [...Deno.readDirSync(`${forwarded}/cur`)];
    assert.match(file!.name, /:2,Pa$/);
    const counts = await importAll(maildir, `${work}/Mail`);
    assert.deepEqual(counts, { ...there, imported: expected.length, skipped: 0 });
    assert.deepEqual(await filedIn(maildir), expected);
    assert.deepEqual(await folderNames(maildir), names);
    assert.equal(await subscribedOf(maildir), names.length, "programs show what is subscribed");
    for (const person of [maildir, ann]) {
      assert.deepEqual(await importAll(person, `${work}/Mail`), there);
    }
    assert.deepEqual(await filedIn(ann), expected);
  });

  await t.step("as lines of JSON", async () => {
    await ann.do(["export", "--format", "json", "--box", "all", "-o", "all.json"]);
    const counts = await importAll(json, `${work}/all.json`);
    assert.deepEqual(counts, { ...there, imported: expected.length, skipped: 0 });
    assert.deepEqual(await filedIn(json), expected);
    for (const person of [json, ann]) {
      assert.deepEqual(await importAll(person, `${work}/all.json`), there);
    }
  });

  await t.step("as mbox files, one a folder", async () => {
    for (const [at, name] of names.entries()) {
      await ann.do(["export", "--folder", name, "-o", `${at}.mbox`]);
      if (!/^(INBOX|Sent|Archive|Drafts|Trash|Junk)$/.test(name)) {
        await mbox.do(["folders", "create", name]);
      }
      const { refused } = await importAll(mbox, "--folder", name, `${work}/${at}.mbox`);
      assert.equal(refused, 0, name);
    }
    assert.deepEqual(withoutBox(await filedIn(mbox)), withoutBox(expected));
    for (const [at, name] of names.entries()) {
      const { imported } = await importAll(mbox, "--folder", name, `${work}/${at}.mbox`);
      assert.equal(imported, 0, name);
    }
  });

  await t.step("and an mbox file of all is there already", async () => {
    await ann.do(["export", "-o", "all.mbox"]);
    assert.equal((await importAll(ann, "all.mbox")).imported, 0);
    assert.deepEqual(await filedIn(ann), expected);
  });
});

Deno.test("what a mail program put in without a Message-ID is not imported beside itself", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [ann] = await stage.people(server, "ann") as [Person];
  await using bridge = await BridgeProcess.start(ann);
  const program = await connectImap(bridge);
  await append(program, "INBOX", "From: x@x.test\r\nSubject: ended\r\n\r\ntext\r\n");
  await append(program, "INBOX", "From: x@x.test\r\nSubject: open\r\n\r\ntext");
  program.close();
  for (const format of ["maildir", "mbox", "json"]) {
    await ann.do(["export", "--format", format, "-o", format]);
    const counts = await importAll(ann, format);
    assert.deepEqual(counts, { imported: 0, skipped: 2, refused: 0 }, format);
  }
});

Deno.test("mail programs are told when imported mail came, and find it by that", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [ann] = await stage.people(server, "ann") as [Person];
  const received =
    "Received: from a by b; Fri, 02 Feb 2018 10:00:00 +0000\nDate: Thu, 1 Feb 2018 10:00:00 +0000";
  await Deno.mkdir(`${ann.home.work}/mail/cur`, { recursive: true });
  await Deno.writeTextFile(
    `${ann.home.work}/mail/cur/1.host:2,S`,
    `Subject: 0\n${received}\n\nx\n`,
  );
  const at = new Date("2019-03-04T10:00:00Z");
  await Deno.utime(`${ann.home.work}/mail/cur/1.host:2,S`, at, at);
  await Deno.writeTextFile(`${ann.home.work}/1.eml`, `Subject: 1\n${received}\n\nx\n`);
  const mbox = "From a@x.test Sat Nov 21 09:05:00 2020\nSubject: 2\n\nx\n";
  await importAll(ann, "mail");
  await importAll(ann, "1.eml");
  await ann.run(["import", "-"], { stdin: mbox });
  await using bridge = await BridgeProcess.start(ann);
  const program = await connectImap(bridge);
  await program.ok("SELECT INBOX");
  const dates = (await program.ok("FETCH 1:* INTERNALDATE")).flatMap((line) =>
    /INTERNALDATE " ?([^ ]+) /.exec(line)?.[1] ?? []
  );
  assert.deepEqual(dates, ["4-Mar-2019", "2-Feb-2018", "21-Nov-2020"]);
  const [found] = await program.ok("SEARCH SINCE 1-Jan-2019 BEFORE 1-Jan-2020");
  assert.match(found!, /^\* (?:SEARCH|ESEARCH.* ALL) 1$/);
  program.close();
});
