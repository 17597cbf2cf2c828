/** Drafts of the page: kept in the mailbox as they are written, never twice, and gone once they are sent. */
import assert from "node:assert/strict";
import { findStored, keepDraft } from "../../src/client/submission/stored_draft.ts";
import { asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { MailError } from "../../src/model/errors.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import type { PersonHere } from "../support/account_here.ts";
import type { Lies } from "../support/hostile_server.ts";
import { sendMany } from "./letters.ts";
import { type Answer, PageStage, Program } from "./page_stage.ts";

const json = { accept: "application/json" };
const word = (letter: string) => letter.repeat(43);
const draft = word("d");
const window_ = word("a");
const letter = { draft, writer: window_, to: "bob", subject: "Plan", text: "To be continued" };

interface Kept {
  readonly stored: EntryId;
  readonly unread: readonly string[];
}

class Writing implements AsyncDisposable {
  private constructor(
    readonly stage: PageStage,
    readonly alice: PersonHere,
    readonly bob: PersonHere,
    readonly who: Program,
  ) {}

  static async open(): Promise<Writing> {
    const stage = await PageStage.open();
    const [alice, bob] = (await stage.people("alice", "bob")) as [PersonHere, PersonHere];
    return new Writing(stage, alice, bob, await (await stage.page(alice)).enter());
  }

  /** Keeps what a window has, as its script does. */
  async keep(fields: Record<string, string>): Promise<Kept> {
    const { status, body } = await this.who.post("keep-draft", fields, json);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  }

  async refusedToKeep(fields: Record<string, string>): Promise<string> {
    const { status, body } = await this.who.post("keep-draft", fields, json);
    return `${status} ${JSON.parse(body).message}`;
  }

  /** Id and subject of what is in Drafts. */
  async drafts(): Promise<readonly (readonly [number, string])[]> {
    return await this.alice.with(async (mailbox) => {
      const filed = await mailbox.filed();
      const folders = await filed.folders();
      const { messages } = await filed.listFolder({ folder: 2, folders, limit: 100 });
      return messages.map(({ id, headers }) => [id, headers!.subject] as const);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    assert.deepEqual(this.who.page.defects, []);
    await this.stage[Symbol.asyncDispose]();
  }
}

function placeOf({ status, head, body }: Answer): string | undefined {
  assert.equal(status, 303, body);
  return /^location: (.*?)\r?$/im.exec(head)?.[1];
}

/** What a compose page has in its fields. */
function fieldsOf({ body }: Answer): Record<string, string> {
  const inputs = [...body.matchAll(/<input ([^>]*)>/g)].map(([, text]) => text!);
  const valueOf = (text: string, name: string) =>
    new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  const fields = Object.fromEntries(
    inputs.filter((text) => !/type="(checkbox|file|search)"/.test(text))
      .map((text) => [valueOf(text, "name"), valueOf(text, "value")]),
  );
  const [, text = ""] = /<textarea[^>]*>\n?([^<]*)</.exec(body) ?? [];
  return { ...fields, text };
}

Deno.test("a draft is kept once, however often it changes, and gone when it is sent", async (t) => {
  await using writing = await Writing.open();
  const { who, bob } = writing;

  await t.step("each version takes the place of the one before", async () => {
    const first = await writing.keep(letter);
    const second = await writing.keep({
      ...letter,
      stored: String(first.stored),
      subject: "Plan B",
    });
    assert.notEqual(first.stored, second.stored);
    assert.deepEqual(await writing.drafts(), [[second.stored, "Plan B"]]);
  });

  await t.step("a window that did not hear that it was kept goes on", async () => {
    await writing.keep({ ...letter, subject: "Plan C" }); // as if nothing had been kept
    assert.deepEqual((await writing.drafts()).map(([, subject]) => subject), ["Plan C"]);
  });

  await t.step("it is opened from the folder, also by the id that it had before", async () => {
    const [[id]] = (await writing.drafts()) as [[number, string]];
    const { body } = await who.get("folder?id=2");
    assert.match(body, new RegExp(`href="compose\\?draft=${id}"`));
    for (const each of [id, id - 1]) {
      assert.equal(placeOf(await who.get(`compose?draft=${each}`)), `compose?resume=${draft}`);
    }
    const { to, subject, text, stored } = fieldsOf(await who.get(`compose?resume=${draft}`));
    assert.deepEqual([to, subject, text!.trim(), stored], [
      ...["bob@mail.test", "Plan C", "To be continued", String(id)],
    ]);
  });

  await t.step("two windows do not overwrite one another", async () => {
    await who.post(`upload?draft=${draft}&name=a.bin`, { x: "1" }, json);
    const other = fieldsOf(await who.get(`compose?resume=${draft}`));
    await writing.keep({ ...letter, subject: "Of the first", stored: other["stored"]! });
    assert.match(
      await writing.refusedToKeep({ ...other, subject: "Of the second" }),
      /^409 Cannot keep the draft: another window changed it/,
    );
    assert.deepEqual((await writing.drafts()).map(([, subject]) => subject), ["Of the first"]);
    const sent = await who.post("send", { ...other, subject: "Of the second" });
    assert.equal(sent.status, 422);
    assert.match(sent.body, /another window changed the draft.*Of the second.*a\.bin/s);
    assert.equal((await bob.list()).length, 0);
    const own = await writing.keep(fieldsOf(sent)); // as the script does on that page
    assert.deepEqual((await writing.drafts()).map(([, subject]) => subject), [
      ...["Of the second", "Of the first"],
    ]);
    await writing.alice.with((mailbox) => mailbox.delete([own.stored]));
  });

  await t.step(
    "sent, also by a form that comes twice at once, it is one message and no draft",
    async () => {
      const both = await Promise.all([who.post("send", letter), who.post("send", letter)]);
      assert.deepEqual(both.map(placeOf), ["sent?done=sent", "sent?done=sent"]);
      assert.deepEqual((await bob.list()).map(({ headers }) => headers!.subject), ["Plan"]);
      assert.deepEqual(await writing.drafts(), []);
      assert.match(await writing.refusedToKeep(letter), /^409 Cannot keep the draft: it was sent/);
      assert.equal((await who.get(`compose?resume=${draft}`)).status, 404);
    },
  );

  await t.step("held back, it is said to be so both times", async () => {
    const held = { ...letter, draft: word("h"), hold: "hour" };
    const both = await Promise.all([who.post("send", held), who.post("send", held)]);
    assert.deepEqual(both.map(placeOf), ["sent?done=held", "sent?done=held"]);
  });

  await t.step(
    "written otherwise, it is not said to be sent, and can be sent for itself",
    async () => {
      const again = await who.post("send", {
        ...letter,
        writer: word("b"),
        text: "One more thing",
      });
      assert.equal(again.status, 422);
      assert.match(again.body, /the draft was sent before, and not as it is here.*One more thing/s);
      assert.equal((await bob.list()).length, 1);
      assert.equal(placeOf(await who.post("send", fieldsOf(again))), "sent?done=sent");
      assert.equal((await bob.list()).length, 2);
    },
  );
});

Deno.test("all that was written comes back: recipients, text, files, options and what it answers", async () => {
  await using writing = await Writing.open();
  const { who, alice, bob } = writing;
  await sendMany(bob, "alice", ["Question"]);
  const [question] = await alice.list();
  const terms = { hold: "hour", expires: "day", burn: "1", partial: "1" };
  const text = "Zeile\n\n  ünd > more\n.\n";
  const fields = {
    ...letter,
    cc: "alice",
    bcc: "bob+x",
    text,
    reply: String(question!.id),
    ...terms,
  };
  const { body } = await who.post(`upload?draft=${draft}&name=a.bin`, { x: "1" }, json);
  await writing.keep({ ...fields, attached: JSON.parse(body).id });
  await alice.with(async (mailbox) => {
    await (await mailbox.filed()).change([entryId((await writing.drafts())[0]![0])], {
      addFlags: ["flagged"],
      addKeywords: ["mine"],
    });
  });
  const { stored } = await writing.keep({ ...fields, subject: "Changed" });
  assert.deepEqual((await alice.with((mailbox) => mailbox.look(stored))).filing.flags, [
    ...["flagged", "draft"],
  ]);
  assert.match((await who.get("folder?id=2")).body, /<bdi>mine<\/bdi>(?!.*send:)/s);

  // Another process knows nothing of it: there it is as the mailbox has it.
  const later = await (await writing.stage.page(alice)).enter();
  const page = await later.get(placeOf(await later.get(`compose?draft=${stored}`))!);
  const found = fieldsOf(page);
  assert.deepEqual(
    [found["to"], found["cc"], found["bcc"], found["subject"], found["reply"], found["draft"]],
    [
      ...["bob@mail.test", "alice@mail.test", "bob+x@mail.test", "Changed"],
      ...[String(question!.id), draft],
    ],
  );
  assert.equal(found["text"]!.trimEnd(), "Zeile\n\n  ünd &gt; more\n.");
  assert.match(page.body, /<bdi>a\.bin<\/bdi>/);
  for (const chosen of ["hour", "day"]) {
    assert.match(page.body, new RegExp(`<option value="${chosen}" selected`));
  }
  assert.equal(
    page.body.match(/type="checkbox" name="(?:burn|partial)" value="1" checked/g)?.length,
    2,
  );
});

Deno.test("what another machine did with a draft meanwhile is told, and nothing is lost", async (t) => {
  await using writing = await Writing.open();
  const { who, alice, bob } = writing;

  await t.step("deleted there, it goes on as a message of its own", async () => {
    const { stored } = await writing.keep(letter);
    await alice.with((mailbox) => mailbox.delete([stored]));
    const next = { ...letter, stored: String(stored) };
    assert.match(await writing.refusedToKeep(next), /^409 .*it was sent or deleted elsewhere/);
    assert.equal(placeOf(await who.post("send", next)), "sent?done=sent");
    assert.equal((await bob.list()).length, 1);
  });

  await t.step("made there, it is opened, kept and sent here", async () => {
    const made = { to: ["bob"], cc: [], bcc: [], subject: "Made", attachments: [] };
    const id = await alice.with((mailbox) =>
      keepDraft(mailbox, { ...made, body: utf8("There") }, Date.now())
    );
    const place = placeOf(await who.get(`compose?draft=${id}`))!;
    const fields = fieldsOf(await who.get(place));
    const { stored } = await writing.keep({ ...fields, subject: "Made, and changed" });
    assert.deepEqual(await writing.drafts(), [[stored, "Made, and changed"]]);
    placeOf(await who.post("send", { ...fields, subject: "Made, and changed" }));
    assert.deepEqual(await writing.drafts(), []);
    assert.equal((await bob.list())[0]!.headers!.subject, "Made, and changed");
  });

  await t.step("what is no draft is not written on", async () => {
    const [sent] = await alice.list("sent");
    const { status, body } = await who.get(`compose?draft=${sent!.id}`);
    assert.deepEqual([status, /it is not a draft of yours/.test(body)], [422, true]);
    assert.equal((await who.get("compose?draft=99999")).status, 404);
    assert.equal((await who.get(`compose?resume=${word("x")}`)).status, 404);
  });
});

Deno.test("two windows that open a draft at once open the same", async () => {
  await using writing = await Writing.open();
  const { stored } = await writing.keep(letter);
  const who = await (await writing.stage.page(writing.alice)).enter();
  const opened = [1, 2].map(() => who.get(`compose?draft=${stored}`));
  const [first, second] = (await Promise.all(opened)).map(placeOf);
  assert.equal(first, second);
});

/** Does what it was asked for, and then fails. */
const noAnswers: readonly (readonly [name: string, lies: Lies])[] = [
  ["that it was kept", {
    append: (honest) => async (message) => {
      await honest.append(message);
      throw new MailError("storage_full", "No room");
    },
  }],
  ["that the version before is gone", {
    deleteEntries: (honest) => async (account, ids, ...more) => {
      await honest.deleteEntries(account, ids, ...more);
      throw new MailError("storage_full", "No room");
    },
  }],
];

for (const [name, lies] of noAnswers) {
  Deno.test(`a draft is kept neither twice nor as it was where the answer is lost ${name}`, async () => {
    await using writing = await Writing.open();
    const { stored } = await writing.keep(letter);
    const changed = { ...letter, stored: String(stored), subject: "Changed" };
    await writing.stage.server.lying(lies, async () => {
      assert.match(await writing.refusedToKeep(changed), /No room/);
    });
    await writing.keep({ ...changed, subject: "Changed again" });
    assert.deepEqual((await writing.drafts()).map(([, subject]) => subject), ["Changed again"]);
  });
}

Deno.test("a draft that the page sent and could not delete is not sent again by a command", async () => {
  await using writing = await Writing.open();
  const { stored } = await writing.keep(letter);
  const lies: Lies = {
    deleteEntries: () => () => Promise.reject(new MailError("storage_full", "No room")),
  };
  await writing.stage.server.lying(lies, async () => {
    const sent = await writing.who.post("send", { ...letter, stored: String(stored) });
    assert.equal(placeOf(sent), "sent?done=left");
  });
  const again = writing.alice.with((mailbox) => findStored(mailbox, stored));
  await assert.rejects(again, { code: "conflict", message: /the page sent it/ });
  const { stored: other } = await writing.keep({ ...letter, draft: word("e") });
  const { sentAs } = await writing.alice.with((mailbox) => findStored(mailbox, other));
  assert.equal(sentAs, null);
});

Deno.test("what is written after a message whose answer was lost is another message", async () => {
  await using writing = await Writing.open();
  const { who, bob } = writing;
  const { stored } = await writing.keep(letter);
  const lies: Lies = {
    send: (honest) => async (message) => {
      await honest.send(message);
      throw new MailError("storage_full", "No room");
    },
  };
  const failed = await writing.stage.server.lying(
    lies,
    () => who.post("send", { ...letter, stored: String(stored) }),
  );
  const changed = { ...fieldsOf(failed), text: "One more thing" };
  const told = await who.post("send", changed);
  assert.match(told.body, /the draft was sent before, and not as it is here.*One more thing/s);
  assert.equal(placeOf(await who.post("send", fieldsOf(told))), "sent?done=sent");
  assert.equal((await bob.list()).length, 2);
  assert.deepEqual(await writing.drafts(), []);
});

Deno.test("what is half typed is kept as far as it can be, and a draft is discarded", async (t) => {
  await using writing = await Writing.open();
  const { who } = writing;
  const half: readonly (readonly [fields: Record<string, string>, unread: readonly string[]])[] = [
    [{ to: "bob, carol@" }, ["carol@"]],
    [{ to: "", subject: "", text: "" }, []],
    [{ to: "a b c" }, ["a b c"]],
    [{ hold: "hour", later: "2020-01-01T00:00" }, []],
  ];
  let stored = "";
  for (const [fields, unread] of half) {
    await t.step(JSON.stringify(fields), async () => {
      const kept = await writing.keep({ ...letter, stored, ...fields });
      stored = String(kept.stored);
      assert.deepEqual(kept.unread, unread);
      assert.equal((await writing.drafts()).length, 1);
    });
  }
  await t.step("a file that is gone is told, and no end of the draft", async () => {
    assert.match(
      await writing.refusedToKeep({ ...letter, stored, attached: "gone" }),
      /^404 Cannot continue: 1 attached file is lost/,
    );
  });
  await t.step("without scripts a button keeps it", async () => {
    const answer = await who.post("keep-draft", { ...letter, stored });
    assert.equal(placeOf(answer), `compose?resume=${draft}`);
    stored = fieldsOf(await who.get(`compose?resume=${draft}`))["stored"]!;
  });
  await t.step("discarded, it is in the trash, and comes back from there", async () => {
    assert.equal(placeOf(await who.post("discard-draft", { ...letter, stored })), "drafts");
    assert.deepEqual(await writing.drafts(), []);
    const { body } = await who.get("inbox");
    placeOf(await who.post(/action="(undo\?move=[^&"]*)/.exec(body)![1]!));
    assert.equal((await writing.drafts()).length, 1);
    assert.match(placeOf(await who.get(`compose?draft=${stored}`))!, /^compose\?resume=/);
  });
});

Deno.test("what is written when nobody is signed in any more stays in sight, and is not said to be kept", async (t) => {
  await using writing = await Writing.open();
  const { who, alice, bob } = writing;
  await sendMany(bob, "alice", ["Question"]);
  const forward = String((await alice.list())[0]!.id);
  const written = { ...letter, text: "Not to be lost", forward };
  const seen = /nobody is signed in.*Not to be lost/s;
  const requests = ["keep-draft", "send"] as const;

  await t.step("somebody who signed out in another window", async () => {
    await who.post("sign-out");
    for (const path of requests) {
      const { status, body } = await who.post(path, written);
      assert.equal(status, 422, path);
      assert.match(body, seen, path);
    }
    assert.match(await writing.refusedToKeep(written), /^403 Cannot do that: nobody is signed in/);
    for (const path of ["upload?draft=x&name=y", "unload?draft=x&id=y", "file?id=1&act=trash"]) {
      const { status, body } = await who.post(path, {}, json);
      assert.equal(
        `${status} ${JSON.parse(body).message}`,
        "403 Cannot do that: nobody is signed in",
      );
    }
  });

  await t.step(
    "signed in again, it is sent from where it is, with all that goes along",
    async () => {
      const shown = await who.post("send", written);
      const [, token] = /data-token="([^"]+)"/.exec(shown.body)!;
      await who.post("come-back");
      const again = new Program(who.page, who.cookie, token);
      assert.equal(placeOf(await again.post("send", fieldsOf(shown))), "sent?done=sent");
      const [message] = await bob.list();
      assert.equal(message!.headers!.attachments[0]!.type, "message/rfc822");
      assert.equal((await alice.list("sent")).length, 1);
    },
  );

  await t.step("a login that was revoked elsewhere", async () => {
    const { store } = writing.stage.server;
    const { id } = (await store.findAccount(asAccountName("alice")))!;
    for (const { label } of await store.devices(id)) await store.removeDevice(id, label);
    const renewed = await who.page.renew(who);
    const { status, body } = await renewed.post("send", { ...written, draft: word("e") });
    assert.equal(status, 422);
    assert.match(body, seen);
  });
});
