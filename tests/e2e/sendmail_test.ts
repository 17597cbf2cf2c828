/**
 * sendmail as programs call it, and a queue that neither loses nor doubles. The calls of cron, git, mailx and s-nail were
 * recorded with a sendmail that wrote its arguments and stdin to a file: the suite needs none of them.
 */
import assert from "node:assert/strict";
import { seeded } from "../support/mime.ts";
import { type Person, Stage } from "../support/person.ts";
import { finish } from "../support/program.ts";
import { SmallDisk } from "../support/program_disk.ts";

interface Call {
  readonly args: readonly string[];
  readonly input: string;
  readonly subject: string;
  readonly body: string;
  readonly attachments?: readonly string[];
}

const calls: Readonly<Record<string, Call>> = {
  "cron 3.0pl1 of Debian 12": {
    args: ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "bob"],
    input: `From: root (Cron Daemon)
To: bob
Subject: Cron <root@vm> printf "Gr\\303\\274\\303\\237e\\rfrom cron\\n"; echo oops >&2
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <MAILTO=bob>
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=/root>

Grüße\rfrom cron
.
oops
`,
    subject: 'Cron <root@vm> printf "Gr\\303\\274\\303\\237e\\rfrom cron\\n"; echo oops >&2',
    body: "Grüße\rfrom cron\n.\noops\n",
  },
  "git send-email 2.39.5": {
    args: ["-i", "bob@mail.test", "alice"],
    input: `From: =?UTF-8?q?Alice=20=C3=84?= <alice@mail.test>
To: bob@mail.test
Cc: alice
Subject: [PATCH] Add f
Date: Sat, 21 Nov 2026 12:34:14 +0000
Message-Id: <20261121123414.14351-1-alice@mail.test>
X-Mailer: git-send-email 2.39.5
MIME-Version: 1.0
Content-Transfer-Encoding: 8bit

---
 f | 1 +
 1 file changed, 1 insertion(+)

diff --git a/f b/f
@@ -0,0 +1 @@
+ü
-- 
2.39.5

`,
    subject: "[PATCH] Add f",
    body:
      "---\n f | 1 +\n 1 file changed, 1 insertion(+)\n\ndiff --git a/f b/f\n@@ -0,0 +1 @@\n+ü\n-- \n2.39.5\n\n",
  },
  "bsd-mailx 8.1.2": {
    args: ["-i", "-t"],
    input: `To: bob@mail.test
Subject: Grüße
Cc: alice
MIME-Version: 1.0
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: 8bit

from bsd
`,
    subject: "Grüße",
    body: "from bsd\n",
  },
  "s-nail 14.9.24": {
    args: ["-i", "--", "bob"],
    input: `Date: Sat, 21 Nov 2026 12:34:14 +0000
To: bob
Subject: =?utf-8?Q?T=C3=A4gliches?=
User-Agent: s-nail v14.9.24
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe from s-nail
`,
    subject: "Tägliches",
    body: "Grüße from s-nail\n",
  },
  "s-nail 14.9.24 with -r and -a": {
    args: ["-i", "-f", "alice@mail.test", "--", "bob@mail.test"],
    input: `Date: Sat, 21 Nov 2026 12:34:14 +0000
From: alice@mail.test
To: bob@mail.test
Subject: file
Message-ID: <20261121123414.uUJxR%alice@mail.test>
User-Agent: s-nail v14.9.24
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="=-=cleWHi5GVq2bU963r7BQYEOv_wrezIYkakP7=-="

This is a multi-part message in MIME format.

--=-=cleWHi5GVq2bU963r7BQYEOv_wrezIYkakP7=-=
Content-Type: text/plain; charset=us-ascii
Content-Disposition: inline
Content-ID: <20261121123414.USLkQ%alice@mail.test>

with file

--=-=cleWHi5GVq2bU963r7BQYEOv_wrezIYkakP7=-=
Content-Type: text/plain; charset=us-ascii
Content-Disposition: attachment; filename="f.txt"
Content-ID: <20261121123414.qqBmg%alice@mail.test>

Sat Nov 21 12:34:14 UTC 2026

--=-=cleWHi5GVq2bU963r7BQYEOv_wrezIYkakP7=-=--
`,
    subject: "file",
    body: "with file\n",
    attachments: ["Sat Nov 21 12:34:14 UTC 2026\n"],
  },
};

Deno.test("what cron, git, mailx and s-nail send arrives", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  for (const [program, { args, input, subject, body, attachments = [] }] of Object.entries(calls)) {
    await t.step(program, async () => {
      await alice!.do(["sendmail", ...args], { stdin: input });
      const id = await bob!.newest();
      const [message] = await bob!.read(id);
      assert.deepEqual([message?.from, message?.subject, message?.body], [
        "alice@mail.test",
        subject,
        body,
      ]);
      assert.deepEqual(message?.to, ["bob@mail.test"]);
      assert.equal(message?.attachments.length, attachments.length);
      for (const [at, content] of attachments.entries()) {
        const { out } = await bob!.do(["read", `${id}`, "--attachment", `${at + 1}`]);
        assert.equal(out, content);
        assert.equal(message?.attachments[at]?.size, content.length);
      }
    });
  }
});

Deno.test("what is in the queue is sent once, whatever is interrupted", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const spool = `${alice!.home.folder}/home/.local/state/mailctl/spool`;
  const subjects = async () => (await bob!.list("inbox")).messages.map(({ subject }) => subject);
  const names = () => [...Deno.readDirSync(spool)].map(({ name }) => name);

  await t.step("a run that was killed between the server's word and the end", async () => {
    await queue(alice!, "first");
    const [name] = names();
    const copy = Deno.readFileSync(`${spool}/${name}`);
    await alice!.do(["queue", "flush"]);
    assert.deepEqual([await subjects(), names()], [["first"], []]);
    const [bobs, goner] = [new TextDecoder().decode(copy), "somebody who is gone by now"];
    for (const text of [bobs, bobs.replace('["bob"]', `["${goner}"]`)]) {
      Deno.writeTextFileSync(`${spool}/${name}`, text, { mode: 0o600 });
      await alice!.do(["queue", "flush"]);
      assert.deepEqual([await subjects(), names()], [["first"], []]);
    }
  });

  await t.step("four that flush at once", async () => {
    for (let count = 0; count < 6; count++) await queue(alice!, `at once ${count}`);
    await Promise.all(Array.from({ length: 4 }, () => alice!.do(["queue", "flush"])));
    const found = (await subjects()).filter((subject) => subject!.startsWith("at once"));
    assert.deepEqual([found.length, new Set(found).size, names()], [6, 6, []]);
  });

  await t.step("kill -9 at any moment", async () => {
    const seed = Number(Deno.env.get("MAILCTL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
    const random = seeded(seed);
    const accepted: string[] = [];
    for (let count = 0; count < 12; count++) {
      const subject = `killed ${count}`;
      const child = alice!.home.start(["sendmail", "bob"], { stdin: "" });
      const timer = setTimeout(() => kill(child), 40 + random() % 160);
      const { status } = await finish(child, message(subject));
      clearTimeout(timer);
      if (status === 0) accepted.push(subject);
    }
    await alice!.do(["queue", "flush"]);
    const found = (await subjects()).filter((subject) => subject!.startsWith("killed"));
    const told = `MAILCTL_TEST_SEED=${seed}`;
    assert.equal(new Set(found).size, found.length, told);
    assert.deepEqual(accepted.filter((subject) => !found.includes(subject)), [], told);
    assert.deepEqual(names(), [], told);
  });

  await t.step("kill -9 of the server at any moment", async () => {
    const seed = Number(Deno.env.get("MAILCTL_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32));
    const random = seeded(seed);
    const sent: string[] = [];
    for (let round = 0; round < 5; round++) {
      const over = Promise.all([0, 1].map((each) => {
        sent.push(`survives ${round} ${each}`);
        return sendmail(alice!, sent.at(-1)!);
      }));
      await new Promise((resolve) => setTimeout(resolve, 60 + random() % 140)); // any moment
      await server.stop("SIGKILL");
      await over;
      await server.start();
    }
    await alice!.do(["queue", "flush"]);
    const found = (await subjects()).filter((subject) => subject!.startsWith("survives"));
    assert.deepEqual(found.toSorted(), sent.toSorted(), `MAILCTL_TEST_SEED=${seed}`);
    assert.deepEqual(names(), []);
  });

  await t.step("without the server, and with it again", async () => {
    const before = (await subjects()).length;
    await server.stop();
    for (const subject of ["x", "y"]) await sendmail(alice!, subject);
    assert.match(
      (await alice!.do(["queue"])).out,
      /^(\S+\twaiting\t.*no server listens there\n){2}$/,
    );
    await server.start();
    await sendmail(alice!, "z");
    assert.deepEqual((await subjects()).slice(0, -before), ["y", "x", "z"]);
    assert.deepEqual(names(), []);
  });

  await t.step("status 0 only if it is on disk, or sent from memory", async () => {
    Deno.removeSync(spool, { recursive: true });
    Deno.writeTextFileSync(spool, "");
    const sent = await alice!.run(["sendmail", "bob"], { stdin: message("from memory") });
    const told = sentFromMemory("there is another file of that name");
    assert.deepEqual([sent.status, sent.err], [0, told]);
    assert.equal((await subjects())[0], "from memory");
    await server.stop();
    const { status } = await alice!.run(["sendmail", "bob"], { stdin: message("nowhere") });
    assert.equal(status, 69);
    await server.start();
    assert.ok(!(await subjects()).includes("nowhere"));
  });

  await t.step("a full disk keeps what is there, and nothing half", async () => {
    const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 1));
    const state = `${disk.folder}/state`;
    Deno.mkdirSync(state, { mode: 0o700 });
    for (const name of ["logins.json", "known_servers"]) {
      const bytes = Deno.readFileSync(spool.replace(/spool$/, name));
      Deno.writeFileSync(`${state}/${name}`, bytes, { mode: 0o600 });
    }
    const env = { MAILCTL_HOME: disk.folder };
    await alice!.do(["sendmail", "-odq", "bob"], { stdin: message("fits"), env });
    const large = `Subject: large\n\n${"x".repeat(2_000_000)}\n`;
    const sent = await alice!.run(["sendmail", "bob"], { stdin: large, env });
    assert.deepEqual([sent.status, sent.err], [
      0,
      sentFromMemory("no space is left on the device"),
    ]);
    const id = await bob!.newest();
    assert.equal((await bob!.do(["read", `${id}`, "--body"])).out.trim().length, 2_000_000);
    assert.equal([...Deno.readDirSync(`${state}/spool`)].length, 1);
    const later = await alice!.run(["sendmail", "-odq", "bob"], { stdin: large, env });
    assert.equal(later.status, 73);
    assert.equal([...Deno.readDirSync(`${state}/spool`)].length, 1);
    await alice!.do(["queue", "flush"], { env });
    assert.equal((await subjects())[0], "fits");
  });
});

const sentFromMemory = (reason: string) =>
  `mailctl: Cannot write the message to the queue: ${reason}. ` +
  "The message is sent without the queue\n";

function message(subject: string): string {
  return `Subject: ${subject}\n\n${"a line\n".repeat(1000)}`;
}

function sendmail(person: Person, subject: string) {
  return person.do(["sendmail", "bob"], { stdin: message(subject) });
}

function queue(person: Person, subject: string) {
  return person.do(["sendmail", "-odq", "bob"], { stdin: message(subject) });
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it was quicker
  }
}
