/** A server that withholds mail, shows it again, or goes back to an older state: numbers tell, and only then. */
import assert from "node:assert/strict";
import { rotateKeys } from "../../src/client/account/rotate_keys.ts";
import { deliveryState } from "../../src/client/reading/delivery.ts";
import { saveLogin } from "../../src/client/open_mailbox.ts";
import { utf8 } from "../../src/model/bytes.ts";
import { span } from "../../src/model/delivery_time.ts";
import { MailError } from "../../src/model/errors.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";
import type { Entry } from "../../src/store/mailbox_store.ts";
import { retentionOf } from "../../src/model/retention.ts";
import { PersonHere } from "../support/account_here.ts";
import { atHostileServer, type HostileScene } from "../support/hostile_scene.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

interface Scene extends HostileScene {
  /** Another machine of somebody's. */
  machine(of: PersonHere): Promise<PersonHere>;
}

function play(
  act: (scene: Scene) => Promise<void>,
  options?: Parameters<typeof atHostileServer>[1],
): Promise<void> {
  return atHostileServer(async (scene) => {
    let machines = 0;
    const machine = async (of: PersonHere) => {
      const other = of.elsewhere(`${scene.folder}/machine${machines++}`);
      (await saveLogin(other.options)).close();
      return other;
    };
    await act({ ...scene, machine });
  }, options);
}

/** Has a server show entries otherwise, in lists, to who waits, and by id. */
function shown(change: (entries: readonly Entry[]) => readonly Entry[]): Lies {
  return {
    list: (honest) => async (query) => {
      const page = await honest.list(query);
      if (query.box !== "inbox") return page;
      const entries = [...change(page.entries)];
      return { ...page, entries, total: Math.max(page.total, entries.length) };
    },
    newMail: (honest) => async (query) => [...change(await honest.newMail(query))],
  };
}

const without = (...ids: number[]) =>
  shown((entries) => entries.filter(({ id }) => !ids.includes(id)));

const missing = (who: PersonHere) => who.with((mailbox) => mailbox.missing());
const draft = (to: string, subject: string) => ({
  to: [to],
  cc: [],
  bcc: [],
  subject,
  body: utf8(subject),
  attachments: [],
});
const fromAlice = (count: number) => [{ from: "alice@mail.test", count }];

Deno.test("mail that is withheld is missing once a later one is there, until it comes", () =>
  play(async ({ server, alice, bob }) => {
    for (const subject of ["one", "two", "three", "four"]) await alice.send("bob", subject);
    await server.lying(without(4), async () => {
      assert.equal((await bob.outcomes()).length, 3);
      assert.deepEqual(await missing(bob), [], "nobody can know of the newest");
    });
    await alice.send("bob", "five");
    await server.lying(without(2, 4), async () => {
      await bob.outcomes();
      assert.deepEqual(await missing(bob), fromAlice(1), "2 was seen before");
    });
    assert.equal((await bob.outcomes()).length, 5);
    assert.deepEqual(await missing(bob), []);
  }));

Deno.test("mail that expires is missing where it is withheld before its time, and not after", async () => {
  let now = Date.now();
  await play(async ({ server, alice, bob }) => {
    const expiring = { ...draft("bob", "x"), expires: span(2 * 3_600_000) };
    await alice.with((mailbox) => mailbox.send(expiring));
    await alice.send("bob", "one");
    await server.lying(without(1), async () => {
      await bob.outcomes();
      assert.deepEqual(await missing(bob), fromAlice(1));
    });
    now += 2 * 3_600_000; // it went back meanwhile, and nobody can tell
    await alice.send("bob", "two");
    await bob.outcomes();
    assert.deepEqual(await missing(bob), []);
  }, { now: () => now });
});

Deno.test("the first mail of somebody is missing as well, and what is accepted is told no more", () =>
  play(async ({ server, alice, bob }) => {
    for (const subject of ["one", "two", "three"]) await alice.send("bob", subject);
    await server.lying(without(1, 2), async () => {
      await bob.outcomes();
      assert.deepEqual(await missing(bob), fromAlice(2));
      await bob.with((mailbox) => mailbox.missing({ accept: true }));
      await alice.send("bob", "four");
      await bob.outcomes();
      assert.deepEqual(await missing(bob), []);
      await alice.send("bob", "five");
      await alice.send("bob", "six");
    });
    await server.lying(without(1, 2, 5), () => bob.outcomes());
    assert.deepEqual(await missing(bob), fromAlice(1));
  }));

Deno.test("mail that is shown again under another id is invalid, and nobody who waits gets it", () =>
  play(async ({ server, alice, bob }) => {
    await alice.send("bob", "approved");
    assert.deepEqual(await bob.outcomes(), ["approved unknown"]);
    const [original] = await server.store.entries(await server.accountId("bob"), [entryId(1)]);
    const again: Entry = { ...original!, id: entryId(9), summary: null, readAt: null };
    const lies: Lies = {
      ...shown((entries) => [again, ...entries]),
      newMail: () => () => Promise.resolve([again]),
      entries: (honest) => async (account, ids) =>
        (await honest.entries(account, ids)).map((entry, at) => ids[at] === 9 ? again : entry),
      body: (honest) => (account, id) => honest.body(account, id === 9 ? entryId(1) : id),
    };
    await server.lying(lies, async () => {
      assert.deepEqual(await bob.outcomes(), ["approved signed", "approved invalid"]);
      assert.equal((await bob.read(9)).outcome, "invalid");
      assert.equal((await bob.with((mailbox) => mailbox.look(entryId(9)))).outcome, "invalid");
      const { messages } = await bob.with((mailbox) =>
        mailbox.waitForMail({ after: 1, unread: true })
      );
      assert.deepEqual(messages.map(({ outcome }) => outcome), ["invalid"]);
    });
    assert.deepEqual(await bob.outcomes(), ["approved signed"]);
  }));

Deno.test("both of two at once are not believed: the one of the higher id is the copy", () =>
  play(async ({ server, alice, bob }) => {
    await alice.send("bob", "approved");
    const twice = shown((entries) => entries.flatMap((e) => [{ ...e, id: entryId(9) }, e]));
    const entries: Lies = {
      ...twice,
      entries: (honest) => async (account) =>
        (await honest.entries(account, [entryId(1)])).map((e) => e && { ...e, id: entryId(9) }),
    };
    await server.lying(
      entries,
      async () => assert.deepEqual(await bob.outcomes(), ["approved unknown", "approved invalid"]),
    );
  }));

Deno.test("any later mail of a reader's says what it has, and what it lacks", () =>
  play(async ({ server, alice, bob }) => {
    for (const subject of ["one", "two", "three"]) await alice.send("bob", subject);
    const states = async () =>
      (await alice.list("sent")).map(({ deliveries }) => deliveryState(deliveries[0]!)).reverse();
    await server.lying(without(2), () => bob.outcomes());
    await bob.send("alice", "an answer to nothing");
    assert.deepEqual(await states(), ["stored", "stored", "stored"], "nobody has seen it");
    await alice.outcomes();
    assert.deepEqual(await states(), ["received", "stored", "received"]);
    await bob.outcomes();
    await bob.send("alice", "again");
    await alice.outcomes();
    assert.deepEqual(await states(), ["received", "received", "received"]);
  }));

const honest: Record<string, (scene: Scene & { later(): void }) => Promise<unknown>> = {
  "deleted unread": async ({ alice, bob }) => {
    const id = await alice.send("bob", "x") as EntryId;
    await bob.with((mailbox) => mailbox.delete([id]));
  },
  "cancelled": async ({ alice }) => {
    const held = { ...draft("bob", "x"), deliver: span(3_600_000) };
    await alice.with(async (mailbox) => mailbox.cancel([(await mailbox.send(held)).id]));
  },
  "waiting": async ({ alice }) => {
    await alice.with((mailbox) => mailbox.send({ ...draft("bob", "x"), deliver: span(3_600_000) }));
  },
  "expired": async ({ alice, later }) => {
    await alice.with((mailbox) => mailbox.send({ ...draft("bob", "x"), expires: span(60_000) }));
    later();
  },
  "to expire": async ({ alice }) => {
    await alice.with((mailbox) => mailbox.send({ ...draft("bob", "x"), expires: span(3_600_000) }));
  },
  "to wait, and to expire": async ({ alice }) => {
    const [deliver, expires] = [span(3_600_000), span(1_000)];
    await alice.with((mailbox) => mailbox.send({ ...draft("bob", "x"), deliver, expires }));
  },
  "burnt": async ({ alice, bob }) => {
    const { id } = await alice.with((mailbox) =>
      mailbox.send({ ...draft("bob", "x"), burn: true })
    );
    await bob.with(async (mailbox) => {
      const message = await mailbox.open(id);
      for await (const _ of message.source());
      await mailbox.markRead([message]);
    });
  },
  "blocked for a time": async ({ alice, bob }) => {
    await bob.with((mailbox) => mailbox.block(["alice"]));
    await alice.send("bob", "x");
    await bob.with((mailbox) => mailbox.unblock(["alice"]));
  },
  "further down than the page": async ({ alice }) => {
    for (let n = 0; n < 120; n++) await alice.send("bob", `x ${n}`);
  },
  "keys of both renewed": async ({ alice, bob }) => {
    await alice.send("bob", "x");
    await rotateKeys(alice.options, Date.now());
    await bob.send("alice", "y");
    await rotateKeys(bob.options, Date.now());
    await alice.send("bob", "z");
  },
  "sent by three machines at once": async ({ alice, machine }) => {
    const machines = [alice, await machine(alice), await machine(alice)];
    await Promise.all(machines.flatMap((each) => [1, 2, 3].map((n) => each.send("bob", `x ${n}`))));
  },
  "listed by three machines at once": async ({ alice, bob, machine }) => {
    const machines = [bob, await machine(bob), await machine(bob)];
    for (let n = 0; n < 5; n++) await alice.send("bob", `x ${n}`);
    const outcomes = await Promise.all(machines.map((each) => each.outcomes()));
    for (const each of outcomes.flat()) assert.doesNotMatch(each, /invalid/);
  },
  "read and not listed": async ({ alice, bob }) => {
    await bob.read(await alice.send("bob", "x"));
  },
  "sent to oneself between": async ({ alice }) => {
    await alice.send("alice", "x");
  },
};

Deno.test("nothing is missing that was not withheld", async (t) => {
  for (const [name, act] of Object.entries(honest)) {
    await t.step(name, async () => {
      let now = Date.now();
      const later = () => void (now += 2 * 3_600_000);
      await play(async (scene) => {
        await scene.alice.send("bob", "first");
        await scene.bob.outcomes();
        await act({ ...scene, later });
        await scene.alice.send("bob", "last");
        const outcomes = await scene.bob.outcomes();
        assert.ok(outcomes.at(-1)!.startsWith("last "), outcomes.join());
        for (const outcome of outcomes) assert.doesNotMatch(outcome, /invalid|changed/);
        assert.deepEqual(await missing(scene.bob), []);
      }, { now: () => now });
    });
  }
});

/** A disk that has room for a few summaries at once, and no more. */
const hardlyRoom: Lies = {
  saveSummaries: (honest) => async (account, summaries, ...rest) => {
    if (summaries.length > 2) throw new MailError("storage_full", "Cannot store: no room");
    await honest.saveSummaries(account, summaries, ...rest);
  },
};

Deno.test("what is there, and could not be noted for want of room, is not missing; what is withheld is", () =>
  play(async ({ server, alice, bob }) => {
    for (let n = 1; n <= 6; n++) await alice.send("bob", `x ${n}`);
    const newest = () => bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 2 }));
    await server.lying(hardlyRoom, newest);
    assert.deepEqual(await missing(bob), []);
    await server.lying({ ...hardlyRoom, ...without(2) }, newest);
    assert.deepEqual(await missing(bob), fromAlice(1));
    await bob.outcomes();
    assert.deepEqual(await missing(bob), []);
  }));

Deno.test("what went back unread is missing until its sender knows, and writes again", async () => {
  let now = Date.now();
  const hour = 3_600_000;
  await play(async ({ server, alice, bob }) => {
    await alice.send("bob", "first");
    await bob.outcomes();
    await alice.send("bob", "goes back");
    const [account, unread] = [await server.accountId("bob"), [entryId(2)]];
    while ((await server.store.entries(account, unread))[0] !== null) { // announced, then gone
      now += hour / 100;
      for (let after: number | null = 0; after !== null;) {
        after = await server.store.retain(retentionOf(hour), now, after);
      }
    }
    await alice.send("bob", "before its sender knows");
    await bob.outcomes();
    assert.deepEqual(await missing(bob), fromAlice(1));
    const notices = await alice.outcomes();
    assert.ok(notices.some((each) => each.startsWith("Returned: ")), notices.join());
    await alice.send("bob", "after");
    await bob.outcomes();
    assert.deepEqual(await missing(bob), []);
  }, { now: () => now });
});

Deno.test("commands say what is missing until somebody accepts it", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  for (const text of ["one", "two", "three"]) await alice!.send(["bob", "-m", text]);
  const told = "mailctl: A message from alice@mail.test is missing; run `mailctl missing`\n";
  await server.lying(without(2), async () => {
    for (const args of [["inbox"], ["sent"], ["inbox", "--json"]]) {
      const { status, err, out } = await bob!.run(args);
      assert.deepEqual([status, err], [0, told], args.join(" "));
      if (args[1] === "--json") assert.deepEqual(JSON.parse(out).missing, fromAlice(1));
    }
    assert.equal((await bob!.do(["missing"])).out, "alice@mail.test\t1\n");
    await bob!.do(["missing", "--accept"]);
    await bob!.do(["inbox"]);
    assert.equal((await bob!.do(["missing"])).out, "");
  });
  assert.equal((await bob!.list("inbox")).total, 3);
});
