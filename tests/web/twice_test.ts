/** What is done once, asked for twice at once: it is done once, and both say so. */
import assert from "node:assert/strict";
import { recover } from "../../src/client/account/recovery.ts";
import { passwordHere } from "../support/account_here.ts";
import { PageStage, type Program } from "./page_stage.ts";

const next = "another password that is long";

/** A form, and what is answered to each of the two: its status, and where it leads, or what it shows. */
const forms: readonly (readonly [
  path: string,
  fields: Readonly<Record<string, string>>,
  status: number,
  told: RegExp,
])[] = [
  ["recovery", { "recovery-secret": passwordHere }, 200, /<code>((?:[0-9A-Z]{4}-)+[0-9A-Z]{4})</],
  ["rotate-keys", { "keys-secret": passwordHere }, 303, /(account\?done=keys-recovery)\r/],
  ["rotate-keys", { "keys-secret": passwordHere }, 303, /(account\?done=keys)\r/],
  [
    ...["app-password", { label: "Fax", scope: "smtp", "app-secret": passwordHere }, 200] as const,
    /<p class="secret"><code>(.+?)</,
  ],
  ["revoke-app-password", { revoked: "Fax" }, 303, /(account\?done=revoked)\r/],
  ["password", { old: passwordHere, next, again: next }, 303, /(account\?done=password)\r/],
  ["create-folder", { name: "Fax" }, 303, /(folders\?done=create-folder)\r/],
  ["close-account", { typed: "alice", secret: next }, 200, /(alice@mail\.test is deleted)/],
];

Deno.test("forms that come twice at once are answered as if they came once", async (t) => {
  await using stage = await PageStage.open();
  const [alice, bob, carol] = await stage.people("alice", "bob", "carol");
  const page = await stage.page(alice!);
  const first = await page.enter();
  for (const [path, fields, status, told] of forms) {
    await t.step(path, async () => {
      const who = await page.renew(first);
      const both = await Promise.all([
        who.post(path, fields),
        who.post(path, fields),
      ]);
      assert.deepEqual(both.map((each) => each.status), [status, status]);
      const [one, other] = both.map(({ head, body }) => told.exec(`${head}\r\n${body}`)?.[1]);
      assert.ok(one !== undefined, both[0]!.body);
      assert.equal(other, one);
      assert.deepEqual(page.defects, []);
    });
  }

  await t.step(
    "the recovery code that is shown last is the one that counts",
    async () => {
      const other = await stage.page(bob!);
      const first = await other.enter();
      const shown: string[] = [];
      const ask = async (who: Program) => {
        const { body } = await who.post("recovery", {
          "recovery-secret": passwordHere,
        });
        shown.push(
          /<code[^>]*>((?:[0-9A-Z]{4}-)+[0-9A-Z]{4})</.exec(body)![1]!,
        );
      };
      const pages = await Promise.all([1, 2, 3].map(() => other.renew(first)));
      await Promise.all(pages.map(ask));
      await pages[0]!.get("account"); // the code is saved, and shown no more
      await ask(pages[0]!);
      assert.equal(new Set(shown).size, 4);
      const by = (code: string) =>
        recover({
          ...bob!.options,
          code: () => Promise.resolve(code),
          newPassword: () => Promise.resolve(next),
        });
      for (const code of shown.slice(0, -1)) {
        await assert.rejects(by(code), {
          code: "denied",
        });
      }
      assert.equal((await by(shown.at(-1)!)).address, "bob@mail.test");
    },
  );

  await t.step("what nobody was signed in for is done when it comes again", async () => {
    const third = await stage.page(carol!);
    const who = await third.renew(await third.enter());
    const leadsTo = async (path: string, fields: Readonly<Record<string, string>>) =>
      /^location: (.*?)\r?$/im.exec((await who.post(path, fields)).head)?.[1];
    const login = { server: stage.server.trusted, name: "carol", secret: passwordHere };
    await who.post("sign-out");
    assert.equal(await leadsTo("create-folder", { name: "Late" }), "sign-in");
    assert.equal(await leadsTo("sign-in", login), "inbox");
    assert.equal(await leadsTo("create-folder", { name: "Late" }), "folders?done=create-folder");
  });
});
