/** A search finds the same from its index as from the messages themselves, whatever became of either meanwhile. */
import assert from "node:assert/strict";
import { type Person, Stage } from "../support/person.ts";

/** Word -> where it stands. */
const mails: readonly string[] = [
  "Subject: Plain\n\nA plain canary with budget.\n",
  "Subject: =?utf-8?q?Caf=C3=A9?=\nContent-Type: text/html\n\n<p>html <b>bud</b>get &amp; <i>more</i></p>\n",
  "Subject: Latin\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe, budget\n",
  'Subject: Files\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Disposition: attachment; filename="Budget 2026.xlsx"\n\nhidden\n--b--\n',
  `Subject: Long\n\n${"word ".repeat(3000)}early ${"word ".repeat(4000)} late\n`,
  "Subject: Japanese\nContent-Type: text/plain; charset=utf-8\n\n来年の予算案です\n",
  "Subject: Empty\n\n",
  "Subject: Broken\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=none\n\nbudget\n",
];

const queries: readonly string[] = [
  "budget",
  "-budget",
  '"a plain canary"',
  "grusse",
  "hidden",
  "filename:2026",
  "early",
  "late",
  "予算",
  "html more",
  "cafe OR latin",
  "from:eve",
  "from:noël",
  '"eve noel 7"',
  "-noel",
  "to:bob",
  "to:müller",
  "cc:müller",
  "in:sent",
  "is:unread",
  "is:read budget",
  "has:attachment",
  "subject:number budget",
  "smaller:3K -is:unread",
  "before:2020-01-01",
  "id:3",
];

function mbox(count: number): string {
  return Array.from({ length: count }, (_, at) => {
    const [head, ...body] = mails[at % mails.length]!.split("\n");
    const fields =
      `From: =?utf-8?Q?Eve_No=C3=ABl?= ${at} <eve${at}@world.test>\nTo: Müller <bob@mail.test>\nMessage-ID: <${at}@w.test>`;
    const date = new Date(Date.UTC(2019, 0, 1 + at)).toUTCString();
    return `From eve@world.test Thu Jan  1 00:00:00 1970\n${fields}\nDate: ${date}\n${head}\n${
      body.join("\n")
    }\n`;
  }).join("\n");
}

async function idsOf(person: Person, query: string, ...flags: string[]): Promise<number[]> {
  const { out } = await person.do(["search", "-n", "1000", "--json", ...flags, "--", query]);
  return (JSON.parse(out).messages as { readonly id: number }[]).map(({ id }) => id);
}

/** What the messages themselves have. */
async function foundWithout(person: Person, some = queries): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (const query of some) found.set(query, await idsOf(person, query, "--no-index"));
  return found;
}

async function requireSame(person: Person, expected: Map<string, number[]>): Promise<void> {
  for (const [query, ids] of expected) assert.deepEqual(await idsOf(person, query), ids, query);
}

Deno.test("a search finds the same from its index as from the messages", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob") as [Person, Person];
  const folder = `${bob.home.folder}/home/.local/state/mailctl/index`;
  const indexFile = () =>
    `${folder}/${[...Deno.readDirSync(folder)].find(({ name }) => !name.endsWith(".lock"))!.name}`;
  await bob.run(["import", "-"], { stdin: mbox(48) });
  for (let number = 1; number <= 5; number++) {
    await alice.send(["bob", "-s", `number ${number}`, "-m", `budget ${number}`]);
  }
  const burnt = await alice.send(["bob", "-s", "Once", "-m", "a budget that burns", "--burn"]);
  await bob.send(["alice", "-s", "An answer", "-m", "no budget"]);

  const { unread } = await bob.list("inbox");

  await t.step("and each is what was looked for", async () => {
    await requireSame(bob, await foundWithout(bob));
    const counts: Readonly<Record<string, number>> = {
      "late": 0,
      "early": 6,
      "hidden": 0,
      "予算": 6,
      "noel": 48,
      '"eve noel 7"': 1,
      "to:müller": 48,
      "cc:müller": 0,
    };
    for (const [query, count] of Object.entries(counts)) {
      assert.equal((await idsOf(bob, query)).length, count, query);
    }
    assert.equal((await idsOf(bob, "burns")).length, 0);
    assert.equal((await idsOf(bob, "once")).length, 1);
    assert.equal((await idsOf(alice, "burns in:sent")).length, 0, `sent as ${burnt}`);
  });

  await t.step("nothing of it is in the clear, or for anybody else", async () => {
    const file = new TextDecoder("latin1").decode(await Deno.readFile(indexFile()));
    for (const word of ["canary", "budget", "eve", "alice"]) assert.ok(!file.includes(word), word);
    const modes = [folder, indexFile()].map((path) => Deno.statSync(path).mode! & 0o777);
    assert.deepEqual(modes, [0o700, 0o600]);
  });

  await t.step("no message is marked as read, and none that burns is gone", async () => {
    assert.equal((await bob.list("inbox")).unread, unread);
    assert.deepEqual(await idsOf(bob, "is:unread in:sent"), []);
    assert.equal((await idsOf(bob, "is:unread")).length, unread);
    assert.match(
      (await bob.do(["read", "--", `${(await idsOf(bob, "once"))[0]}`])).out,
      /that burns/,
    );
  });

  await t.step("after some were read, deleted and sent", async () => {
    const ids = await idsOf(bob, "budget");
    await bob.do(["delete", ...ids.filter((_, at) => at % 3 === 0).map(String)]);
    await bob.read(ids[1]!);
    await alice.send(["bob", "-s", "number 9", "-m", "a new budget"]);
    assert.equal((await idsOf(bob, '"new budget"')).length, 1);
    await requireSame(bob, await foundWithout(bob));
  });

  await t.step("after the index was cut, changed or put back", async () => {
    const good = await Deno.readFile(indexFile());
    await alice.send(["bob", "-s", "number 10", "-m", "the last budget"]);
    const half = good.length >> 1;
    const some = ["-budget", '"a plain canary"', "予算", "from:eve", "is:unread"];
    const expected = await foundWithout(bob, some);
    for (
      const bytes of [
        good.slice(0, half),
        good.with(half, good[half]! ^ 1),
        new Uint8Array(99),
        good,
      ]
    ) {
      await Deno.writeFile(indexFile(), bytes);
      assert.equal((await idsOf(bob, '"last budget"')).length, 1);
      await requireSame(bob, expected);
    }
  });

  await t.step("in several searches at once", async () => {
    await Deno.remove(folder, { recursive: true });
    const all = await Promise.all([1, 2, 3].map(() => bob.run(["search", "-n", "1000", "budget"])));
    const expected = (await bob.do(["search", "--no-index", "-n", "1000", "budget"])).out;
    for (const { status, out, err } of all) {
      assert.deepEqual([status, out], [0, expected], err);
      assert.match(err, /^(mailctl: Waiting for another search on this machine\n)?$/);
    }
  });

  await t.step("and with --no-index or without a saved login, nothing is kept", async () => {
    await bob.do(["logout"]);
    assert.deepEqual(
      [...Deno.readDirSync(folder)].filter(({ name }) => !name.endsWith(".lock")),
      [],
    );
  });
});
