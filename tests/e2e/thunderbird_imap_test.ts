/** Debian's Thunderbird by IMAP: what it does is seen by commands and at a bridge on another machine, and back. */
import assert from "node:assert/strict";
import { BridgeProcess } from "../support/bridge_process.ts";
import { FlowSession } from "../support/imapflow.ts";
import { areInstalled } from "../support/installed.ts";
import { Person, Stage, until } from "../support/person.ts";
import { Thunderbird } from "../support/thunderbird.ts";
import { inThunderbird, shownIn } from "../support/thunderbird_folders.ts";

/** Folder -> its messages as "subject read starred tags", in order. */
type Seen = Record<string, string[]>;

interface Told {
  readonly subject: string | null;
  readonly isRead: boolean;
  readonly isStarred: boolean;
  readonly tags: readonly string[];
}

const lineOf = ({ subject, isRead, isStarred, tags }: Told) =>
  [subject, ...isRead ? ["read"] : [], ...isStarred ? ["starred"] : [], ...tags].join(" ");

const linesOf = (told: readonly Told[]) => told.map(lineOf).toSorted();

Deno.test({
  name: "Thunderbird by IMAP, commands and a bridge on another machine see the same",
  ignore: !areInstalled("thunderbird", "npm"),
  fn: useThunderbird,
});

async function useThunderbird(t: Deno.TestContext): Promise<void> {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice") as [Person];
  const bob = await Person.join("bob", stage.home("bob"), server.trusted);
  for (const subject of ["one", "two", "three", "four"]) {
    await alice.send(["bob", "-s", subject, "-m", subject]);
  }
  const here = stage.keep(await BridgeProcess.start(bob));
  const there = stage.keep(await BridgeProcess.start({ home: await stage.elsewhere(bob, "far") }));
  const far = stage.keep(await FlowSession.open(there));
  const thunderbird = stage.keep(await Thunderbird.start(bob.home, "bob@mail.test", "imap"));
  await thunderbird.use(here, "STARTTLS");
  const does = (script: Parameters<typeof inThunderbird>[1], args = {}) =>
    inThunderbird(thunderbird, script, args);
  const sees = (isLate: boolean) => seenIn(thunderbird, isLate);
  const all: readonly Seer[] = [sees, () => seenBy(bob), () => seenAt(far)];
  const seen: Seen = {
    INBOX: ["four", "one", "three", "two"],
    Archive: [],
    Drafts: [],
    Junk: [],
    Sent: [],
    Trash: [],
  };

  await does("check");
  await sameFor(all, seen);

  const steps: readonly (readonly [what: string, act: () => unknown, now: Seen])[] = [
    ["a star", () => does("star", { subject: "one", isOn: true }), {
      INBOX: ["four", "one starred", "three", "two"],
    }],
    ["a tag", () => does("tag", { subject: "one", tag: "$label1" }), {
      INBOX: ["four", "one starred $label1", "three", "two"],
    }],
    ["a message read", () => does("markRead", { subject: "two", isOn: true }), {
      INBOX: ["four", "one starred $label1", "three", "two read"],
    }],
    ["a message unread", () => does("markRead", { subject: "two", isOn: false }), {
      INBOX: ["four", "one starred $label1", "three", "two"],
    }],
    ["a message moved", () => does("move", { subject: "one", into: "Archive" }), {
      INBOX: ["four", "three", "two"],
      Archive: ["one starred $label1"],
    }],
    ["a message in the trash", () => does("remove", { subject: "three" }), {
      INBOX: ["four", "two"],
      Trash: ["three"],
    }],
    ["a folder made", () => does("createFolder", { name: "Ölpreis & Co" }), {
      "Ölpreis & Co": [],
    }],
    ["a message in it", () => does("move", { subject: "two", into: "Ölpreis & Co" }), {
      INBOX: ["four"],
      "Ölpreis & Co": ["two"],
    }],
    ["a folder renamed", () => does("renameFolder", { folder: "Ölpreis & Co", name: "Oil" }), {
      "Ölpreis & Co": gone,
      Oil: ["two"],
    }],
    ["a folder deleted", () => does("deleteFolder", { folder: "Oil" }), {
      Oil: gone,
      "Trash/Oil": ["two"],
    }],
    ["a draft", () => saveDraft(thunderbird, "A first thought. "), { Drafts: ["A draft read"] }],
    ["the draft edited", () => saveDraft(thunderbird, "And another. "), {
      Drafts: ["A draft read"],
    }],
    ["the draft sent", () => sendDraft(thunderbird), { Drafts: [], Sent: ["A draft read"] }],
  ];
  for (const [what, act, now] of steps) {
    await t.step(`in Thunderbird: ${what}`, async () => {
      await act();
      await sameFor(all, change(seen, now), what);
    });
  }

  await t.step("what was sent is all that was written, and in Sent once", async () => {
    const [got] = await alice.read(await alice.newest());
    assert.equal(got!.outcome, "signed");
    assert.match(got!.body!, /^A first thought. And another.$/m);
  });

  const others: readonly (readonly [what: string, act: () => unknown, now: Seen])[] = [
    ["mail that comes", () => alice.send(["bob", "-s", "five", "-m", "x"]), {
      INBOX: ["five", "four"],
    }],
    ["a flag", () => bob.do(["flag", "4", "+flagged", "+$label2"]), {
      INBOX: ["five", "four starred $label2"],
    }],
    ["a message read", () => bob.do(["read", "4"]), {
      INBOX: ["five", "four read starred $label2"],
    }],
    ["a message unread", () => bob.do(["unread", "4"]), {
      INBOX: ["five", "four starred $label2"],
    }],
    ["a message archived", () => bob.do(["archive", "4"]), {
      INBOX: ["five"],
      Archive: ["four starred $label2", "one starred $label1"],
    }],
    ["a message back", () => bob.do(["move", "4", "INBOX"]), {
      INBOX: ["five", "four starred $label2"],
      Archive: ["one starred $label1"],
    }],
    ["a folder made", () => bob.do(["folders", "create", "Made"]), {
      Made: [],
    }],
    ["a folder renamed", () => bob.do(["folders", "rename", "Made", "Made anew"]), {
      Made: gone,
      "Made anew": [],
    }],
    ["a folder deleted", () => bob.do(["folders", "delete", "Made anew"]), {
      "Made anew": gone,
    }],
    ["the trash emptied", () => bob.do(["trash", "--empty", "--yes"]), { Trash: [] }],
    ["a star by another program", () => starAll(far), {
      INBOX: ["five starred", "four starred $label2"],
    }],
  ];
  for (const [what, act, now] of others) {
    await t.step(`seen in Thunderbird without a restart: ${what}`, async () => {
      await act();
      if (!("INBOX" in now)) await does("checkFolders");
      await sameFor(all, change(seen, now), what);
    });
  }
}

/** `isLate`: what was told without being asked for should have been seen by now. */
type Seer = (isLate: boolean) => Promise<Seen>;

/** Thunderbird now and then forgets what it was told while it looked at the folder by itself, until it is opened. */
const lateMs = 20_000;

/** Of a folder that is no more. */
const gone: string[] = [];

/** Notes what is otherwise than before; returns what everybody sees then. */
function change(seen: Seen, now: Seen): Seen {
  for (const [folder, lines] of Object.entries(now)) {
    if (lines === gone) delete seen[folder];
    else seen[folder] = lines;
  }
  return seen;
}

const names = ["Thunderbird", "commands", "the other bridge"];

/** Waits until all see the same. */
async function sameFor(seers: readonly Seer[], wanted: Seen, what = "at first"): Promise<void> {
  for (const [at, seer] of seers.entries()) {
    let last: unknown;
    const begunAt = performance.now();
    const isSame = async () => {
      const isLate = performance.now() - begunAt > lateMs;
      last = await seer(isLate).catch((error) => error); // a folder may be busy
      return isEqual(last, wanted);
    };
    await until(isSame, what).catch(() => {
      if (last instanceof Error) throw new Error(`${what}, for ${names[at]}`, { cause: last });
      assert.deepEqual(last, wanted, `for ${names[at]}`);
    });
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

async function seenIn(thunderbird: Thunderbird, isLate: boolean): Promise<Seen> {
  const seen: Seen = {};
  for (const folder of await inThunderbird(thunderbird, "folders") as string[]) {
    const shown = await shownIn(thunderbird, folder, { checks: isLate || folder !== "INBOX" });
    seen[folder] = linesOf(
      shown.map((each) => ({ ...each, tags: each.tags.split(" ").filter(Boolean) })),
    );
  }
  return seen;
}

async function seenBy(person: Person): Promise<Seen> {
  const { folders } = JSON.parse((await person.do(["folders", "--json"])).out);
  const seen: Seen = {};
  for (const { name } of folders) {
    const { messages } = JSON.parse(
      (await person.do(["inbox", "--json", "--folder", name])).out,
    );
    seen[name] = linesOf(messages.map(toldBy));
  }
  return seen;
}

interface Listed {
  readonly subject: string | null;
  readonly box: string;
  readonly readAt: string | null;
  readonly flags: readonly string[];
  readonly keywords: readonly string[];
}

const toldBy = ({ subject, box, readAt, flags, keywords }: Listed): Told => ({
  subject,
  isRead: readAt !== null || box === "sent",
  isStarred: flags.includes("flagged"),
  tags: keywords,
});

async function seenAt({ flow }: FlowSession): Promise<Seen> {
  const seen: Seen = {};
  for (const { path } of await flow.list()) {
    const { exists } = await flow.mailboxOpen(path);
    const told: Told[] = [];
    const all = exists > 0 ? flow.fetch("1:*", { envelope: true, flags: true }) : [];
    for await (const { envelope, flags } of all) {
      told.push({
        subject: envelope.subject,
        isRead: flags.has("\\Seen"),
        isStarred: flags.has("\\Flagged"),
        tags: [...flags].filter((flag: string) => /^\$(?!Mailctl)/.test(flag)),
      });
    }
    seen[path] = linesOf(told);
  }
  return seen;
}

async function starAll({ flow }: FlowSession): Promise<void> {
  await flow.mailboxOpen("INBOX");
  await flow.messageFlagsAdd("1:*", ["\\Flagged"]);
}

async function saveDraft(thunderbird: Thunderbird, text: string): Promise<void> {
  const isWriting = async () => await inThunderbird(thunderbird, "isWriting") === true;
  if (!await isWriting()) {
    await inThunderbird(thunderbird, "write", { to: "alice@mail.test", subject: "A draft" });
    await until(isWriting, "a window to write in");
  }
  await inThunderbird(thunderbird, "saveDraft", { text });
  const isSaving = async () => await inThunderbird(thunderbird, "isSaving") === true;
  await until(async () => !await isSaving(), "the draft saved");
}

async function sendDraft(thunderbird: Thunderbird): Promise<void> {
  await inThunderbird(thunderbird, "sendDraft");
  await until(async () => !await inThunderbird(thunderbird, "isWriting"), "the draft sent");
}
