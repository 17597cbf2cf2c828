/** What a change asks of the server: nothing that this bridge was told already, and the truth where that was wrong. */
import assert from "node:assert/strict";
import type { AccountFolders } from "../../../../src/gateway/folders/account_folders.ts";
import type { Lies } from "../../../support/hostile_server.ts";
import { mail, numberOf, onFolders } from "../../../support/folders_stage.ts";

/** Notes what is asked of the store besides the feed. */
function counting(asked: string[]): Lies {
  const noted =
    <A extends unknown[], R>(name: string, work: (...args: A) => R) => (...args: A): R => {
      asked.push(name);
      return work(...args);
    };
  return {
    filedEntries: (honest) => noted("filings", honest.filedEntries.bind(honest)),
    fileEntries: (honest) => noted("file", honest.fileEntries.bind(honest)),
    entries: (honest) => noted("look", honest.entries.bind(honest)),
    copyEntries: (honest) => noted("copy", honest.copyEntries.bind(honest)),
    deleteEntries: (honest) => noted("delete", honest.deleteEntries.bind(honest)),
    folders: (honest) => noted("folders", honest.folders.bind(honest)),
  };
}

const cases: readonly {
  readonly what: string;
  readonly act: (a: AccountFolders) => Promise<unknown>;
  readonly asks: readonly string[];
}[] = [
  {
    what: "a flag is set",
    act: (a) => a.change(a.messages("inbox"), { addFlags: ["flagged"] }),
    asks: ["file"],
  },
  {
    what: "flags are replaced",
    act: (a) =>
      a.change(a.messages("inbox"), { setFlags: ["draft"], setKeywords: ["x"], seen: false }),
    asks: ["file"],
  },
  {
    what: "a flag is set that is set already, which another machine may have taken away",
    act: (a) => a.change(a.messages("inbox"), { addFlags: ["answered"] }),
    asks: ["filings"],
  },
  {
    what: "messages are moved",
    act: (a) => a.move(a.messages("inbox"), numberOf(a, "Archive")),
    asks: ["file", "folders"],
  },
  {
    what: "messages are copied that were listed",
    act: (a) => a.copy(a.messages("inbox"), numberOf(a, "Archive")),
    asks: ["filings", "copy"],
  },
];

for (const { what, act, asks } of cases) {
  Deno.test(`${what}: ${asks.join(", ")}`, () =>
    onFolders(async ({ a, b, server }) => {
      const flags = ["answered"] as const;
      for (const name of ["1", "2"]) {
        await a.append("inbox", mail(`Subject: ${name}\r\n\r\nx\r\n`, { flags }));
      }
      await a.facts(a.messages("inbox"));
      const asked: string[] = [];
      await server.lying(counting(asked), () => act(a));
      assert.deepEqual(asked, asks);
      await b.refresh();
      for (const { key } of a.folders) assert.deepEqual(a.messages(key), b.messages(key));
    }));
}

Deno.test("what is expunged was opened before, and is not opened again", () =>
  onFolders(async ({ alice, a, server }) => {
    await alice.send("bob", "one");
    await a.refresh();
    await a.facts(a.messages("inbox"));
    await a.change(a.messages("inbox"), { addFlags: ["deleted"] });
    const asked: string[] = [];
    await server.lying(counting(asked), () => a.expunge(a.messages("inbox")));
    assert.deepEqual(asked, ["delete"]);
    assert.deepEqual(a.messages("inbox"), []);
  }));

Deno.test("a page of mail that was never opened is asked for before the one before it is opened", () =>
  onFolders(async ({ a, open, server }) => {
    await a.append("inbox", mail("Subject: one\r\n\r\nx\r\n"));
    while (a.messages("inbox").length < 512) await a.copy(a.messages("inbox"), "inbox");
    const c = await open();
    try {
      const asked: string[] = [];
      const lies: Lies = {
        entries: (honest) => (account, ids) => {
          asked.push(`look at ${ids.length}`);
          return honest.entries(account, ids);
        },
        saveSummaries: (honest) => (account, summaries, ...more) => {
          asked.push(`keep ${summaries.length}`);
          return honest.saveSummaries(account, summaries, ...more);
        },
      };
      const facts = await server.lying(lies, async () => {
        const facts = await c.facts(c.messages("inbox"));
        await c.usage(); // behind what nobody waits for
        return facts;
      });
      assert.ok(facts.length === 512 && facts.every((each) => each !== null));
      const looks = ["look at 200", "look at 200", "look at 112"];
      assert.deepEqual(asked, [...looks, "keep 144", "keep 112"]); // 256 were opened before they were copied
    } finally {
      c.close();
    }
  }));
