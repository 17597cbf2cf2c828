/** What makes two forms one message. */
import assert from "node:assert/strict";
import { digestOf, writtenOf } from "../../../../../src/gateway/web/routes/draft.ts";

type Fields = Readonly<Record<string, string | File>>;

const first: Fields = { to: "bob", text: "Hello", attached: "1", file: new File(["one"], "a.txt") };

async function digest(fields: Fields): Promise<string> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...first, ...fields })) form.set(name, value);
  return await digestOf(writtenOf(form), form);
}

const others: Readonly<Record<string, Fields>> = {
  "another text": { text: "Hello?" },
  "another recipient": { to: "carol" },
  "a file of another name": { file: new File(["one"], "b.txt") },
  "a file of the same name and size": { file: new File(["two"], "a.txt") },
  "another file that was uploaded": { attached: "2" },
};

for (const [what, fields] of Object.entries(others)) {
  Deno.test(`a form is another message with ${what}`, async () => {
    assert.notEqual(await digest(fields), await digest({}));
  });
}

Deno.test("a form is the same message from whatever window, and whatever was kept of it", async () => {
  assert.equal(await digest({ draft: "d", writer: "w", stored: "7" }), await digest({}));
});
