/** One spelling for everybody whom mail is from. */
import assert from "node:assert/strict";
import { parseSender, senderOf } from "../../../src/model/sender_address.ts";

const domain = "mail.test";

for (
  const [text, expected] of [
    ["bob", "bob"],
    ["BOB", "bob"],
    ["bob@mail.test", "bob"],
    ["Bob@MAIL.test", "bob"],
    ["Bob B. <bob@mail.test>", "bob"],
    ["bob+news", "bob"],
    ["Bob+any.thing@mail.test", "bob"],
    ["X@World.TEST", "x@world.test"],
    ["Offers <no-reply+17@Shop.Example>", "no-reply+17@shop.example"],
    ["o'neil=x@world.test", "o'neil=x@world.test"],
    ["x@bücher.example", "x@xn--bcher-kva.example"],
    ["GR\u0308U\u0308N@world.test", "g\u0072\u0308\u00fcn@world.test"],
    [`${"a".repeat(64)}@world.test`, `${"a".repeat(64)}@world.test`],
  ] as const
) {
  Deno.test(`sender: ${text.slice(0, 40)} is ${expected.slice(0, 40)}`, () => {
    assert.equal(parseSender(text, domain), expected);
    assert.equal(senderOf(text, domain), expected);
    const folded = expected.includes("@") ? expected : `${expected}@${domain}`;
    assert.equal(parseSender(folded, domain), expected, "stays as it is");
  });
}

for (
  const text of [
    "",
    "@",
    "@world.test",
    "x@",
    "x@127.0.0.1",
    "a b@world.test",
    '"a b"@world.test',
    "a@b@world.test",
    "a,b@world.test",
    "a\u0000@world.test",
    "a\u202eb@world.test",
    `${"a".repeat(65)}@world.test`,
    `${"ü".repeat(33)}@world.test`,
    `x@${"a".repeat(300)}.test`,
    "x".repeat(100_000),
  ]
) {
  Deno.test(`sender: ${JSON.stringify(text.slice(0, 40))} is none`, () => {
    assert.throws(() => parseSender(text, domain), { code: "malformed" });
    assert.equal(senderOf(text, domain), null);
  });
}
