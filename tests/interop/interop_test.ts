/** mailctl against a second client, which runs under Node and was written from src/wire/WIRE.md alone. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Decrypter } from "age-encryption";
import { Stage } from "./stage.ts";

const attachmentBytes = 2_500_000; // three pieces of 8.1, and dozens of chunks of age
const shortText = "Grüße von einem Fremden\n";
const inlineText = "inline ".repeat(20_000); // some frames before a login, one after it
const longText = "a longer text ".repeat(250_000); // uploaded, four pieces
const texts = new Map([[2, shortText], [3, inlineText], [4, longText]]); // by id
const to = "alice@mail.test";
const bob = "bob@mail.test";
const subjectOf = (text: string) => `Tëst ${text.length}`;

Deno.test("a client written from WIRE.md alone", async (t) => {
  await using stage = await Stage.open();
  const attachment = `${stage.folder}/random.bin`;
  await Deno.writeFile(attachment, randomBytes(attachmentBytes));
  for (const name of ["alice", "bob"]) {
    await stage.mailctl("register", name);
    await stage.mailctl("login", name); // a password is stretched once, and not for every command
  }
  const greeting = ["-s", "Héllo ✓", "-m", "the text", "-a", attachment];
  await stage.mailctl("send", "bob", "--user", "alice", ...greeting);

  await t.step(
    "opens what mailctl sent, and then its own summary of it",
    async () => {
      const { address, done: [first, again] } = await stage.secondClientAnswer([
        "Bob",
        "1",
        "1",
      ]);
      strictEqual(address, bob);
      const seen = {
        id: 1,
        outcome: "signed",
        sender: "unknown",
        from: "alice@mail.test",
        subject: "Héllo ✓",
        attachments: [{
          name: "random.bin",
          type: "application/octet-stream",
          size: attachmentBytes,
        }],
      };
      const body = (await stage.mailctl("read", "1", "--user", "bob", "--raw"))
        .toBase64();
      deepStrictEqual(first, {
        messages: [{ ...seen, opened: "envelope" }],
        body,
      });
      deepStrictEqual(again, {
        messages: [{ ...seen, opened: "summary" }],
        body,
      });
    },
  );

  await t.step("wrote a summary that mailctl opens", async () => {
    const { messages } = await stage.json("inbox", "--user", "bob");
    strictEqual(messages[0].subject, "Héllo ✓");
    strictEqual(messages[0].outcome, "signed");
  });

  await t.step(
    "sends what mailctl lists as signed, and a message id that it refuses",
    async () => {
      const written = [...texts.values()].map((text) => ({
        to,
        subject: subjectOf(text),
        text,
      }));
      const forged = {
        to,
        subject: "forged",
        text: "forged",
        messageId: "<forged@mail.test>",
      };
      deepStrictEqual(
        await stage.secondClientSends("bob", ...written, forged),
        [2, 3, 4, 5],
      );
      const inbox = (await stage.json("inbox", "--user", "alice")).messages.map(
        brief,
      );
      const sent = (await stage.json("sent", "--user", "bob")).messages.map(
        brief,
      );
      const held = written.map(({ subject }, at) => [at + 2, subject, bob])
        .reverse();
      const refused = [5, null, bob, "invalid"];
      deepStrictEqual(inbox, [
        refused,
        ...held.map((seen) => [...seen, "signed"]),
      ]);
      deepStrictEqual(sent, [
        refused,
        ...held.map((seen) => [...seen, "verified"]),
      ]);
    },
  );

  for (const [id, text] of texts) {
    await t.step(
      `sent ${text.length} characters, which mailctl reads`,
      async () => {
        const raw = await stage.mailctl(
          "read",
          `${id}`,
          "--user",
          "alice",
          "--body",
        );
        strictEqual(new TextDecoder().decode(raw), text);
      },
    );
  }

  await t.step(
    "opens summaries that mailctl wrote, and no other message id",
    async () => {
      const { done } = await stage.secondClientAnswer(["alice", "2"]);
      const seen = done[0]!.messages!.map((
        { id, opened, outcome, sender },
      ) => [id, opened, outcome, sender]);
      const refused = [5, "envelope", "not a bare message id", undefined];
      const held = [4, 3, 2].map((id) => [id, "summary", "signed", "known"]);
      deepStrictEqual(seen, [refused, ...held]);
    },
  );

  await t.step(
    "what is exported sealed is an age file, for the package and the program",
    async () => {
      const folder = `${stage.folder}/sealed`;
      const sealing = ["--format", "age", "-o", folder, "3", "4"];
      await stage.mailctl("export", "--user", "alice", ...sealing);
      const keys = `${stage.folder}/alice.key`;
      await Deno.writeFile(
        keys,
        await stage.mailctl("keys", "export", "--plain", "--user", "alice"),
      );
      const identity = /^AGE-SECRET-KEY-PQ-1.*$/m.exec(await Deno.readTextFile(keys))![0];
      for (const id of [3, 4]) {
        const source = await stage.mailctl(
          "read",
          `${id}`,
          "--user",
          "alice",
          "--raw",
        );
        const decrypter = new Decrypter();
        decrypter.addIdentity(identity);
        const file = `${folder}/${id}.age`;
        deepStrictEqual(
          await decrypter.decrypt(await Deno.readFile(file)),
          new Uint8Array(source),
        );
        if (!await knowsOurKeys()) continue;
        const { success, stdout } = await new Deno.Command("age", {
          args: ["-d", "-i", keys, file],
        })
          .output();
        deepStrictEqual([success, stdout], [true, source]);
      }
    },
  );

  await t.step("is answered in its own thread", async () => {
    const { id } = await stage.json(
      "send",
      "bob",
      "--user",
      "alice",
      "--reply-to",
      "2",
      "-m",
      "Re",
    );
    const raw = new TextDecoder().decode(
      await stage.mailctl("read", `${id}`, "--user", "alice", "--raw"),
    );
    match(raw, /^In-Reply-To: <[0-9a-f-]{36}@mail\.test>\r$/m);
  });

  await t.step("opens a keyring that mailctl keeps in parts", async () => {
    const others = ["carol", "dave", "erin", "frank"];
    for (const name of others) await stage.mailctl("register", name);
    await stage.mailctl("send", ...others, "--user", "bob", "-m", "to many");
    const { fingerprint } = await stage.json("whoami", "--user", "alice");
    await stage.mailctl("verify", "alice", "--user", "bob", "--fingerprint", fingerprint);
    strictEqual(stage.partsOfKeyring("bob"), 2);
    const { done: [first] } = await stage.secondClientAnswer(["bob", "1"]);
    strictEqual(first!.messages!.at(-1)!.sender, "verified");
  });

  await t.step(
    "refuses another server and is refused with another password",
    async () => {
      const fingerprint = stage.fingerprint.replace(
        /^./,
        (digit) => digit === "0" ? "1" : "0",
      );
      const astray = await stage.secondClient(["bob", "1"], { fingerprint });
      deepStrictEqual([astray.success, astray.stdout.length], [false, 0]);
      match(astray.stderr, /not the server of the fingerprint/);
      const guess = await stage.secondClient(["bob", "1"], {
        password: "something else",
      });
      deepStrictEqual([guess.success, guess.stdout.length], [false, 0]);
      match(guess.stderr, /error 15: /); // denied
    },
  );
});

/** True where there is a program `age` that has post-quantum keys: from 1.3 on. */
async function knowsOurKeys(): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("age", { args: ["--version"] })
      .output();
    const [, minor = ""] = /^v?1\.(\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
    return Number(minor) >= 3;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

// deno-lint-ignore no-explicit-any -- JSON of the commands under test
function brief({ id, subject, from, outcome }: any) {
  return [id, subject, from, outcome];
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
