/** Two bridges that do anything at the same time: nothing is lost or doubled, UIDs rise, and both see the same at the end. */
import assert from "node:assert/strict";
import type { AccountFolders } from "../../../../src/gateway/folders/account_folders.ts";
import type { MailFolder, MailMessage } from "../../../../src/gateway/folders/mail_folders.ts";
import { MailError } from "../../../../src/model/errors.ts";
import { mail, onFolders, textOf } from "../../../support/folders_stage.ts";
import { seeded } from "../../../support/mime.ts";

type Random = ReturnType<typeof seeded>;

function some<T>(all: readonly T[], random: Random): T[] {
  return all.filter(() => random() % 3 === 0);
}

/** What one session saw of one folder: no message may come below the highest UID that it was told. */
class Watched {
  readonly #seen = new Map<MailFolder["key"], Set<number>>();
  readonly #highest = new Map<MailFolder["key"], number>();

  look(folders: AccountFolders): void {
    for (const { key } of folders.folders) {
      const uids = folders.messages(key).map(({ uid }) => uid);
      const seen = this.#seen.get(key) ?? new Set();
      const highest = this.#highest.get(key) ?? 0;
      for (const uid of uids) assert.ok(seen.has(uid) || uid > highest, `${uid} comes late`);
      assert.deepEqual(uids, uids.toSorted((a, b) => a - b));
      assert.ok(uids.every((uid) => uid < folders.uidNext));
      this.#seen.set(key, new Set(uids));
      this.#highest.set(key, Math.max(highest, ...uids));
    }
  }
}

/** The messages that are there by their text, and how often each. */
class Model {
  readonly texts = new Map<string, number>();
  #next = 0;

  make(): string {
    const text = `Subject: ${++this.#next}\r\n\r\n${this.#next}\r\n`;
    this.add(text, 1);
    return text;
  }

  add(text: string, count: number): void {
    this.texts.set(text, (this.texts.get(text) ?? 0) + count);
  }
}

interface Act {
  readonly folders: AccountFolders;
  readonly model: Model;
  readonly random: Random;
  readonly key: MailFolder["key"];
  readonly into: MailFolder["key"];
}

async function texts(folders: AccountFolders, messages: readonly MailMessage[]): Promise<string[]> {
  return await Promise.all(messages.map((message) => textOf(folders, message)));
}

const acts: readonly ((act: Act) => Promise<unknown>)[] = [
  ({ folders, model, into }) => folders.append(into, mail(model.make(), { flags: ["flagged"] })),
  ({ folders, model, into }) => folders.append(into, mail(model.make())),
  ({ folders, key, random }) =>
    folders.change(some(folders.messages(key), random), {
      addFlags: ["answered"],
      seen: random() % 2 === 0,
    }),
  ({ folders, key, random }) =>
    folders.change(some(folders.messages(key), random), {
      setKeywords: [`k${random() % 4}`],
    }, folders.modseq),
  ({ folders, key, into, random }) => folders.move(some(folders.messages(key), random), into),
  async ({ folders, key, into, random, model }) => {
    const [message] = some(folders.messages(key), random);
    if (message === undefined) return;
    const [text] = await texts(folders, [message]);
    const copied = await folders.copy([message], into);
    model.add(text!, copied.length);
  },
  ({ folders }) => folders.refresh(),
];

/** What another machine was quicker with is no failure. */
async function allowing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const isKnown = error instanceof MailError &&
      ["try_later", "no_such_message"].includes(error.code);
    if (!isKnown) throw error;
  }
}

async function countTexts(folders: AccountFolders): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { key } of folders.folders) {
    for (const text of await texts(folders, folders.messages(key))) {
      found.set(text, (found.get(text) ?? 0) + 1);
    }
  }
  return new Map([...found].sort());
}

function stateOf(folders: AccountFolders) {
  return folders.folders.map((folder) => ({ folder, messages: folders.messages(folder.key) }));
}

for (const seed of [1, 2]) {
  Deno.test(`random acts of two bridges leave one mailbox, with all that is in it: ${seed}`, () =>
    onFolders(async ({ a, b, open }) => {
      const random = seeded(seed);
      const model = new Model();
      const watched = [new Watched(), new Watched()] as const;
      const stops = [a.watch(() => watched[0].look(a)), b.watch(() => watched[1].look(b))];
      await a.create("own/below");
      await b.refresh();
      const act = async (folders: AccountFolders) => {
        const keys = folders.folders.map(({ key }) => key).filter((key) => key !== "sent");
        const [key, into] = [keys[random() % keys.length]!, keys[random() % keys.length]!];
        const isDraft = folders.folders.find((one) => one.key === into)!.use === "drafts";
        const other = isDraft ? keys.at(-1)! : into;
        const chosen = acts[random() % acts.length]!;
        await allowing(chosen({ folders, model, random, key, into: other }));
      };
      for (let round = 0; round < 40; round++) await Promise.all([act(a), act(b)]);
      await Promise.all([a.refresh(), b.refresh()]);
      assert.deepEqual(stateOf(a), stateOf(b));
      const c = await open();
      try {
        assert.deepEqual(stateOf(c), stateOf(a), "who begins anew sees the same");
        assert.deepEqual(await countTexts(c), new Map([...model.texts].sort()));
      } finally {
        c.close();
      }
      for (const stop of stops) stop();
    }));
}
