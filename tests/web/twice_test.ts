/** What changes an account, asked for twice at once: each finds what the one before did, and none says what is not so. */
import assert from "node:assert/strict";
import { recover } from "../../src/client/account/recovery.ts";
import { passwordHere } from "../support/account_here.ts";
import { PageStage } from "./page_stage.ts";

const next = "another password that is long";

/** A form, and what is answered to each of the two: its status, and where it leads. */
const forms: readonly (readonly [
  path: string,
  fields: Readonly<Record<string, string>>,
  answers: readonly (readonly [status: number, place: string | undefined])[],
])[] = [
  ["rotate-keys", { "keys-secret": passwordHere }, [
    [303, "account?done=keys"],
    [303, "account?done=keys"],
  ]],
  ["password", { old: passwordHere, next, again: next }, [
    [303, "account?done=password"],
    [422, undefined],
  ]],
  ["close-account", { typed: "alice", secret: next }, [[200, undefined], [
    303,
    "sign-in",
  ]]],
];

Deno.test("forms of an account that come twice at once", async (t) => {
  await using stage = await PageStage.open();
  const [alice, bob] = await stage.people("alice", "bob");
  const page = await stage.page(alice!);
  const first = await page.enter();
  for (const [path, fields, answers] of forms) {
    await t.step(path, async () => {
      const who = await page.renew(first);
      const both = await Promise.all([
        who.post(path, fields),
        who.post(path, fields),
      ]);
      const told = both.map(({ status, head }) => [
        status,
        /^location: (.*?)\r?$/im.exec(head)?.[1],
      ]);
      assert.deepEqual(
        told.toSorted((a, b) => Number(a[0]) - Number(b[0])),
        answers,
      );
      assert.deepEqual(page.defects, []);
    });
  }

  await t.step(
    "the recovery code that is shown last is the one that counts",
    async () => {
      const other = await stage.page(bob!);
      const who = await other.enter();
      const shown: string[] = [];
      const ask = async () => {
        const { body } = await who.post("recovery", {
          "recovery-secret": passwordHere,
        });
        shown.push(
          /<code[^>]*>((?:[0-9A-Z]{4}-)+[0-9A-Z]{4})</.exec(body)![1]!,
        );
      };
      await Promise.all([ask(), ask(), ask()]);
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
});
