/** The bridge between mail programs and a real server: what arrives, what stays, and what a lying server cannot do. */
import assert from "node:assert/strict";
import { endDevices } from "../../src/client/account/log_out.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import { dropLogin, saveLogin } from "../../src/client/open_mailbox.ts";
import { makeAppPassword } from "../../src/crypto/account/app_password.ts";
import { asAccountName } from "../../src/model/address.ts";
import { utf8 } from "../../src/model/bytes.ts";
import type { AppPasswordScope } from "../../src/model/device.ts";
import { asAccountFingerprint } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { mimeBytes } from "../../src/model/size.ts";
import { encodedSource } from "../../src/client/reading/encoded_source.ts";
import type { Draft } from "../../src/client/sending/draft.ts";
import { keepDraft, readStored } from "../../src/client/submission/stored_draft.ts";
import { BridgeHere, bridgePassword, multiLine } from "../support/bridge_here.ts";
import {
  changedBody,
  changedEntries,
  flipped,
  HostileServer,
  madeUpKeys,
} from "../support/hostile_server.ts";
import { ImapProgram } from "../support/imap_session_stage.ts";
import { password, passwordLogin, saveNewAccount } from "../support/person_account.ts";
import { pipe } from "../support/pipe.ts";

async function staged(
  work: (server: HostileServer, alice: BridgeHere, bob: BridgeHere) => Promise<void>,
  options: { readonly maxMessageBytes?: number } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start(options);
    const [alice, bob] = await Promise.all(
      ["alice", "bob"].map((name) => BridgeHere.start(name, server.trusted, `${folder}/${name}`)),
    );
    await work(server, alice!, bob!);
    assert.deepEqual([...alice!.trouble, ...bob!.trouble], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const random = (bytes: number) =>
  Array.from(
    { length: bytes / 64 },
    (_, at) => `${at}`.padStart(8, "x").repeat(8).slice(0, 62) + "\r\n",
  ).join("");

const bodies: Readonly<Record<string, string>> = {
  short: "hello\r\n",
  empty: "",
  dots: ".\r\n..\r\n.hidden\r\n",
  "8 bits": "\xe4\xf6\xfc \xff\r\n",
  NUL: "a\0b\r\n",
  "a long line": `${"y".repeat(20_000)}\r\n`,
  large: random(3 * 1024 * 1024),
};

Deno.test("what one program hands in, another fetches byte for byte, of the size it was told", () =>
  staged(async (_server, alice, bob) => {
    for (const [name, body] of Object.entries(bodies)) {
      const message = `Subject: ${name}\r\nX-Odd:  two  blanks\r\n\r\n${body}`;
      assert.match(await alice.submit("bob", message), /^250 2\.6\.0/);
    }
    const program = await bob.pop3();
    const listed = (await multiLine(program, "LIST")).trim().split("\r\n");
    assert.equal(listed.length, Object.keys(bodies).length);
    for (const [at, body] of Object.values(bodies).entries()) {
      const message = await multiLine(program, `RETR ${at + 1}`);
      assert.equal(listed[at], `${at + 1} ${message.length}`);
      const [header = ""] = message.split("\r\n\r\n", 1);
      assert.ok(message.slice(header.length + 4) === body, Object.keys(bodies)[at]);
      assert.match(
        header,
        /^Mailctl-Sender: alice@mail\.test\r\nMailctl-Fingerprint: [0-9a-f]{64}\r\n/,
      );
      assert.ok(header.includes("\r\nX-Odd:  two  blanks"));
    }
    const total = listed.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
    await program.talk([["STAT", `+OK ${listed.length} ${total}`], ["QUIT", "+OK"]]);
  }));

Deno.test("an application password of the account's lets a program in until it is revoked", () =>
  staged(async (server, alice, bob) => {
    const made = async (name: string, scope: AppPasswordScope) => {
      const { password, verifier } = await makeAppPassword();
      const { id } = (await server.store.findAccount(asAccountName(name)))!;
      const kept = { label: scope, scope, verifier, createdAt: 0 };
      await server.store.addAppPassword({ accountId: id, ...kept });
      return password;
    };
    const [right, ...wrong] = [
      await made("bob", "bridge"),
      await made("bob", "smtp"),
      await made("alice", "bridge"),
    ];
    const login = async (password: string) => {
      const program = await bob.connect("pop3");
      await program.talk([["USER bob@mail.test", "+OK"]]);
      const reply = await program.ask(`PASS ${password}`);
      program.close();
      return reply!.slice(0, 3);
    };
    assert.equal(await login(right!), "+OK");
    for (const password of wrong) assert.equal(await login(password), "-ER");
    const smtp = await bob.connect("smtp");
    await smtp.talk([
      ["EHLO x", "250"],
      [`AUTH PLAIN ${btoa(`\0bob\0${right}`)}`, "235"],
    ]);
    smtp.close();
    await bob.with((mailbox) => mailbox.revokeAppPasswords(["bridge"]));
    assert.equal(await login(right!), "-ER");
    assert.equal(alice.trouble.length, 0);
  }));

Deno.test("a bridge whose saved login was revoked says so, and blames no password", () =>
  staged(async (server, _alice, bob) => {
    const { id } = (await server.store.findAccount(asAccountName("bob")))!;
    for (const { label } of await server.store.devices(id)) {
      await server.store.removeDevice(id, label);
    }
    const program = await bob.connect("pop3");
    await program.talk([["USER bob@mail.test", "+OK"]]);
    const reply = await program.ask(`PASS ${bridgePassword}`);
    program.close();
    assert.match(reply!, /^-ERR .*the login saved on this machine is no longer valid/);
  }));

Deno.test("once another login is saved, a bridge goes on with that, in sessions that are there too", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-bridge-" });
  try {
    await using server = await HostileServer.start();
    await saveNewAccount(folder, server.trusted, "bob", passwordLogin());
    const bob = await BridgeHere.again("bob", server.trusted, folder);
    const [ours, theirs] = pipe();
    bob.bridge.speak("imap", ours);
    const program = new ImapProgram(theirs);
    await program.response();
    await program.ok(`LOGIN bob "${bridgePassword}"`);
    const dropped = await dropLogin({ folder }, {});
    await endDevices({ folder }, dropped, (_, error) => assert.fail(error));
    const refused = await bob.connect("pop3");
    await refused.talk([["USER bob", "+OK"], [`PASS ${bridgePassword}`, "-ERR"]]);
    assert.match((await program.ask("CREATE Bills")).join(), /no longer valid/);
    const login = { state: { folder }, server: parseServer(server.trusted), name: "bob" };
    (await saveLogin({ ...login, password: () => Promise.resolve(password) })).close();
    (await bob.pop3()).close();
    await program.ok("CREATE Bills");
    program.close();
    bob.bridge.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ids stay from session to session, and are not used again", () =>
  staged(async (_server, alice, bob) => {
    for (const name of ["one", "two", "three"]) {
      await alice.submit("bob", `Subject: ${name}\r\n\r\n`);
    }
    const first = await bob.pop3();
    const uids = (await multiLine(first, "UIDL")).trim().split("\r\n").map((line) => line.slice(2));
    await first.talk([["DELE 2", "+OK"], ["QUIT", "+OK 1 deleted"]]);
    await alice.submit("bob", "Subject: four\r\n\r\n");
    const second = await bob.pop3();
    const later = (await multiLine(second, "UIDL")).trim().split("\r\n").map((line) =>
      line.slice(2)
    );
    assert.deepEqual(later.slice(0, 2), [uids[0], uids[2]]);
    assert.equal(later.length, 3);
    assert.ok(!uids.includes(later[2]!));
    assert.ok([...uids, ...later].every((uid) => /^[!-~]{1,70}$/.test(uid)));
    second.close();
  }));

Deno.test("a message handed in again under its id is stored once; another content is another", () =>
  staged(async (_server, alice, bob) => {
    const message = (body: string) => `Message-ID: <x@here>\r\nSubject: s\r\n\r\n${body}\r\n`;
    for (const body of ["a", "a", "b", "a"]) {
      assert.match(await alice.submit("bob", message(body)), /^250/);
    }
    for (let count = 0; count < 2; count++) {
      await alice.submit("bob", "Subject: s\r\n\r\nno id\r\n");
    }
    const listed = await bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 10 }));
    assert.equal(listed.messages.length, 4);
  }));

Deno.test("recipients are as they were named, and hidden ones stay hidden", () =>
  staged(async (_server, alice, bob) => {
    const program = await alice.smtp();
    await program.talk([
      ["MAIL FROM:<whoever@elsewhere.test>", "250"],
      ["RCPT TO:<bob+list@mail.test>", "250"],
      ["RCPT TO:<alice>", "250"],
      ["DATA", "354"],
      [
        "From: Al <forged@mail.test>\r\nTo: bob+list\r\nBcc: alice\r\nSubject: s\r\n\r\nhello\r\n.",
        "250",
      ],
    ]);
    program.close();
    const [message] = await bob.with(async (mailbox) =>
      (await mailbox.list({ box: "inbox", limit: 1 })).messages
    );
    assert.deepEqual([message?.headers?.to, message?.headers?.bcc], [["bob+list@mail.test"], []]);
    const text = await multiLine(await bob.pop3(), "RETR 1");
    assert.match(text, /^From: Al <alice@mail\.test>\r$/m);
    assert.match(text, /^Original-From: Al <forged@mail\.test>\r$/m);
    assert.doesNotMatch(text, /Bcc/);
  }));

const maxMessageBytes = 1024 * 1024;

Deno.test("who cannot get mail is told so at RCPT, and what cannot be stored at its end", () =>
  staged(async (server, alice) => {
    const replies: Record<string, RegExp> = {
      nobody: /^550 5\.1\.1 Cannot send to nobody@mail\.test/,
      "bob@elsewhere.test": /^550 5\.1\.1 /,
      "xn--bb-eka@mail.test": /^550 5\.1\.1 Cannot accept the name "xn--bb-eka": /,
      "bob%elsewhere.test@mail.test": /^550 5\.1\.1 Cannot accept the name /,
      "bob@[127.0.0.1]": /^550 5\.1\.1 Cannot accept the domain /,
    };
    for (const [to, reply] of Object.entries(replies)) {
      assert.match(await alice.submit(to, "Subject: x\r\n\r\n"), reply);
    }
    await alice.submit("bob", "Subject: pins the key\r\n\r\n");
    const keys = await madeUpKeys("bob");
    const lie = {
      findKeys: () => (names: readonly string[]) => Promise.resolve(names.map(() => keys)),
    };
    await server.lying(lie, async () => {
      assert.match(await alice.submit("bob", "Subject: x\r\n\r\n"), /^554 5\.7\.5 .*bob/);
    });
    const defect = { send: () => () => Promise.reject(new Error("a secret of the server's")) };
    await server.lying(defect, async () => {
      assert.match(await alice.submit("bob", "Subject: x\r\n\r\n"), /^451 4\.3\.0 (?!.*secret)/);
    });
    const header = `X: ${"y".repeat(900)}\r\n`.repeat(300);
    assert.match(await alice.submit("bob", `${header}\r\n`), /^552 5\.3\.4 /);
    const most = mimeBytes(maxMessageBytes);
    assert.match(await alice.submit("bob", `\r\n${random(most + 64)}`), /^552 5\.3\.4 /);
    await server.server.stop();
    assert.match(await alice.submit("bob", "Subject: x\r\n\r\n"), /^451 4\.4\.1 /);
  }, { maxMessageBytes }));

Deno.test("content of the limit goes by every way, as it is and in base64", () =>
  staged(async (_server, alice, bob) => {
    const content = new Uint8Array(maxMessageBytes).fill(7);
    const lines = content.toBase64().replace(/.{76}/g, "$&\r\n");
    const mail = `Subject: by a program\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`;
    const draft = { to: ["bob"], cc: [], bcc: [], subject: "a file", body: utf8("") };
    const file = { name: "a", type: "image/png", size: content.length, content };
    const send = async (attachments: Draft["attachments"]) =>
      void await alice.with((mailbox) => mailbox.send({ ...draft, attachments }));
    const ways: Record<string, () => Promise<void>> = {
      "attached": () => send([file]),
      "forwarded": () =>
        alice.with(async (source) => {
          const message = await source.open(entryId(1));
          await send([{ ...file, type: "message/rfc822", content: encodedSource(message) }]);
        }),
      "as a draft": () =>
        alice.with(async (source) => {
          const id = await keepDraft(source, { ...draft, attachments: [file] }, Date.now());
          const stored = await readStored(source, id, { key: "a draft", now: Date.now() });
          await alice.with((mailbox) => mailbox.send(stored));
        }),
      "by SMTP": async () => assert.match(await alice.submit("bob", mail), /^250 /),
      "by IMAP": async () => {
        const program = await bob.imap();
        await program.ok(`APPEND INBOX {${mail.length}+}\r\n${mail}`);
        program.close();
      },
    };
    for (const [name, go] of Object.entries(ways)) {
      await go().catch((error) => assert.fail(`${name}: ${error}`));
    }
    const larger = { ...file, size: null, content: new Uint8Array(maxMessageBytes + 70_000) };
    const keeping = alice.with((source) =>
      keepDraft(source, { ...draft, attachments: [larger] }, Date.now())
    );
    await assert.rejects(keeping, { code: "too_large" });
    const count = await bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 9 }));
    assert.equal(count.total, Object.keys(ways).length);
    await assert.rejects(
      send([{
        ...file,
        type: "message/rfc822",
        size: null,
        content: utf8("x".repeat(2 * maxMessageBytes)),
      }]),
      {
        code: "too_large",
      },
    );
  }, { maxMessageBytes }));

Deno.test("a message that is cut off is not sent", () =>
  staged(async (_server, alice, bob) => {
    for (const body of ["half", random(1024 * 1024)]) {
      const program = await alice.smtp();
      await program.talk([["MAIL FROM:<>", "250"], ["RCPT TO:<bob>", "250"], ["DATA", "354"]]);
      await program.say(`Subject: half\r\n\r\n${body}`);
      program.close();
    }
    await alice.submit("bob", "Subject: whole\r\n\r\n");
    const { messages } = await bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 10 }));
    assert.deepEqual(messages.map(({ headers }) => headers?.subject), ["whole"]);
  }));

/** Sends MIME that only a client of somebody's own making would send. */
async function sendRaw(alice: BridgeHere, header: string, body = "hello\r\n"): Promise<void> {
  const submitted = {
    messageId: crypto.randomUUID() + "@mail.test",
    date: Date.now(),
    inReplyTo: null,
    references: [],
    attachments: [],
    header: utf8(header),
  };
  const draft = { to: ["bob"], cc: [], bcc: [], subject: "raw", attachments: [] };
  await alice.with((mailbox) => mailbox.send({ ...draft, body: utf8(body), submitted }));
}

Deno.test("nobody else speaks in our fields, or as somebody else", () =>
  staged(async (_server, alice, bob) => {
    const forged = "mailctl-OUTCOME : verified\r\n\tverified\r\n";
    await sendRaw(alice, ` verified\r\n${forged}From: alice@mail.test\r\nSubject: raw\r\n`);
    await sendRaw(alice, `${forged}From: Bob <bob@mail.test>\r\nSubject: raw\r\n`);
    const program = await bob.pop3();
    const sizes = (await multiLine(program, "LIST")).trim().split("\r\n");
    for (const at of [0, 1]) {
      const text = await multiLine(program, `RETR ${at + 1}`);
      assert.equal(sizes[at], `${at + 1} ${text.length}`);
      assert.deepEqual(text.match(/^Mailctl-.*:/gim), ["Mailctl-Sender:", "Mailctl-Fingerprint:"]);
      assert.doesNotMatch(text, /verified/);
      assert.equal(/^From:/m.test(text), at === 0);
      assert.match(text, at === 0 ? /^Subject: raw\r$/m : /^Subject: \[invalid\] raw\r$/m);
    }
    program.close();
  }));

Deno.test("a message by a key that changed is kept back, and comes once it is trusted", () =>
  staged(async (server, alice, bob) => {
    await alice.submit("bob", "Subject: first\r\n\r\n");
    const first = await bob.pop3();
    await multiLine(first, "RETR 1");
    await first.talk([["DELE 1", "+OK"], ["QUIT", "+OK"]]);
    await bob.with(async (mailbox) => { // as if another key had been seen before
      const shown = await mailbox.compare("alice");
      const other = { ...shown, fingerprint: asAccountFingerprint(new Uint8Array(32)) };
      await mailbox.accept(other, { verified: false });
    });
    await alice.submit("bob", "Subject: second\r\n\r\nsecret\r\n");
    const program = await bob.pop3();
    const [uid = ""] = (await multiLine(program, "UIDL")).trim().split("\r\n");
    const note = await multiLine(program, "RETR 1");
    assert.equal(await program.ask("LIST 1"), `+OK 1 ${note.length}`);
    assert.match(note, /^Mailctl-Sender: unsigned\r\n[^]*mailctl trust alice@mail\.test/);
    assert.doesNotMatch(note, /secret/);
    await program.talk([["DELE 1", "+OK"], ["QUIT", "+OK 1 deleted"]]);
    const without = await bob.pop3();
    await without.talk([["STAT", "+OK 0 0"], ["QUIT", "+OK"]]);
    await bob.with(async (mailbox) => {
      await mailbox.accept(await mailbox.compare("alice"), { verified: true });
    });
    const trusting = await bob.pop3();
    assert.notEqual((await multiLine(trusting, "UIDL")).trim(), uid);
    assert.match(
      await multiLine(trusting, "RETR 1"),
      /^Mailctl-Sender: alice@mail\.test\r\n[^]*secret/,
    );
    trusting.close();
    assert.ok(server);
  }));

Deno.test("what a lying server gives is never shown, and not deleted with its note", () =>
  staged(async (server, alice, bob) => {
    await alice.submit("bob", "Subject: x\r\n\r\nhello\r\n");
    await alice.submit("bob", `Subject: y\r\n\r\n${random(2 * 1024 * 1024)}`);
    const flip = changedBody((body) => flipped(body, body.length - 30));
    await server.lying(flip, async () => {
      const program = await bob.pop3();
      const note = await multiLine(program, "RETR 1");
      assert.match(note, /^Mailctl-Sender: unsigned\r\n[^]*mailctl read 1 --anyway/);
      assert.doesNotMatch(note, /hello/);
      await program.say("RETR 2\r\n"); // its second piece is not what was signed
      assert.doesNotMatch(await program.rest(), /\r\n\.\r\n/);
      assert.equal(bob.trouble.splice(0).length, 1);
      const again = await bob.pop3();
      await multiLine(again, "RETR 1");
      await again.talk([["DELE 1", "+OK"], ["QUIT", "+OK"]]);
    });
    const forged = changedEntries((entry) => ({
      ...entry,
      from: asAccountName("bob"),
      summary: null,
    }));
    await server.lying(forged, async () => {
      const program = await bob.pop3();
      assert.match(await multiLine(program, "UIDL"), /\.held\r\n/);
      assert.match(await multiLine(program, "RETR 1"), /^Mailctl-Sender: unsigned\r\n/);
      program.close();
    });
    const honest = await bob.pop3();
    await honest.talk([["STAT", "+OK 2 "]]);
    assert.match(await multiLine(honest, "RETR 1"), /hello/);
    honest.close();
  }));

Deno.test("mail that came back is a message like any other, of the size it was told", () =>
  staged(async (_server, alice) => {
    const draft = { to: ["nobody"], cc: [], bcc: [], subject: "lost", attachments: [] };
    await alice.with((mailbox) => mailbox.send({ ...draft, body: utf8("x"), partial: true }));
    const program = await alice.pop3();
    const text = await multiLine(program, "RETR 1");
    assert.equal(await program.ask("LIST 1"), `+OK 1 ${text.length}`);
    assert.match(
      text,
      /^Mailctl-Sender: mailer-daemon@mail\.test\r\n[^]*did not reach nobody@mail\.test/,
    );
    assert.equal(await multiLine(program, "RETR 1"), text, "always the same bytes");
    program.close();
  }));

Deno.test("what is fetched is read, unless it is not to be; what is looked at is not", () =>
  staged(async (server, alice, bob) => {
    const peeking = await BridgeHere.again("bob", server.trusted, bob.folder, { marksRead: false });
    for (const name of ["one", "two"]) await alice.submit("bob", `Subject: ${name}\r\n\r\n`);
    const unread = async () =>
      (await bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 5 }))).unread;
    for (
      const [bridge, command, left] of [
        [peeking, "RETR 1", 2],
        [bob, "TOP 1 0", 2],
        [bob, "RETR 1", 1],
      ] as const
    ) {
      const program = await bridge.pop3();
      await multiLine(program, command);
      await program.talk([["QUIT", "+OK"]]);
      assert.equal(await unread(), left, command);
    }
  }));

Deno.test("one program has the inbox, whichever bridge it asks", () =>
  staged(async (server, _alice, bob) => {
    const other = await BridgeHere.again("bob", server.trusted, bob.folder);
    const first = await bob.pop3();
    const second = await other.connect("pop3");
    const login = [["USER bob", "+OK"], [
      "PASS a password of the bridge",
      "-ERR [IN-USE]",
    ]] as const;
    await second.talk(login);
    await first.talk([["QUIT", "+OK"]]);
    (await other.pop3()).close();
  }));

Deno.test("a top of a large message leaves the session as it was", () =>
  staged(async (_server, alice, bob) => {
    await alice.submit("bob", `Subject: large\r\n\r\n${random(3 * 1024 * 1024)}`);
    await alice.submit("bob", "Subject: small\r\n\r\nhello\r\n");
    const program = await bob.pop3();
    for (const _ of [1, 2, 3]) {
      assert.equal(
        (await multiLine(program, "TOP 1 2")).split("\r\n\r\n")[1]?.length,
        62 + 2 + 62 + 2,
      );
      assert.match(await multiLine(program, "TOP 2 0"), /small/);
      assert.match(await multiLine(program, "RETR 2"), /hello/);
    }
    await program.talk([["DELE 1", "+OK"], ["QUIT", "+OK 1 deleted"]]);
  }));

Deno.test("what was deleted elsewhere meanwhile does not keep the rest", () =>
  staged(async (_server, alice, bob) => {
    for (const name of ["one", "two"]) await alice.submit("bob", `Subject: ${name}\r\n\r\n`);
    const program = await bob.pop3();
    await bob.with((mailbox) => mailbox.delete([entryId(1)]));
    await program.talk([
      ["RETR 1", "-ERR [SYS/PERM]"],
      ["DELE 1", "+OK"],
      ["DELE 2", "+OK"],
      ["QUIT", "+OK 2 deleted"],
    ]);
    const { total } = await bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 5 }));
    assert.equal(total, 0);
  }));

Deno.test("what was filed in another folder is not listed, and not deleted by who fetched it before", () =>
  staged(async (_server, alice, bob) => {
    for (const name of ["kept", "fetched", "filed"]) {
      await alice.submit("bob", `Subject: ${name}\r\n\r\n`);
    }
    const file = (id: number) =>
      bob.with(async (mailbox) => {
        await (await mailbox.filed()).change([entryId(id)], { folder: 1 });
      });
    await file(3);
    const program = await bob.pop3();
    assert.equal((await multiLine(program, "LIST")).trim().split("\r\n").length, 2);
    await file(1);
    await program.talk([["DELE 1", "+OK"], ["DELE 2", "+OK"], ["QUIT", "+OK 2 deleted"]]);
    const { messages } = await bob.with((mailbox) => mailbox.list({ box: "inbox", limit: 5 }));
    assert.deepEqual(messages.map(({ id }) => id), [3, 1]);
  }));

Deno.test("a large mailbox is listed without opening a body", () =>
  staged(async (server, alice, bob) => {
    const count = 205; // more than a page
    await alice.with(async (mailbox) => {
      const draft = {
        to: ["bob"],
        cc: [],
        bcc: [],
        subject: "x",
        body: utf8("x"),
        attachments: [],
      };
      for (let sent = 0; sent < count; sent++) await mailbox.send(draft);
    });
    const noBodies = {
      body: () => () => {
        throw new Error("a body was opened");
      },
    };
    await server.lying(noBodies, async () => {
      const program = await bob.pop3();
      await program.talk([["STAT", `+OK ${count} `]]);
      assert.equal((await multiLine(program, "LIST")).trim().split("\r\n").length, count);
      const uids = (await multiLine(program, "UIDL")).trim().split("\r\n");
      assert.equal(new Set(uids.map((line) => line.split(" ")[1])).size, count);
      program.close();
    });
  }));
