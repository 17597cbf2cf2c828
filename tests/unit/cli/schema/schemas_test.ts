/** Every `--json` has a schema; every failure keeps to its own; and the test's own reader of schemas sees what is wrong. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { commandTable } from "../../../../src/cli/command_table.ts";
import { helpPage } from "../../../../src/cli/help/help_page.ts";
import { listedJson } from "../../../../src/cli/message/listed_json.ts";
import { findSchema, schemaNames } from "../../../../src/cli/schema/schemas.ts";
import { failureJson } from "../../../../src/cli/terminal/failure.ts";
import { asAddress } from "../../../../src/model/address.ts";
import { type FailureCode, failures, MailError } from "../../../../src/model/errors.ts";
import { unfiled } from "../../../../src/model/filing.ts";
import { entryId } from "../../../../src/model/ids.ts";
import type { Origin } from "../../../../src/model/message.ts";
import { schemaErrors } from "../../../support/json_schema.ts";
import { listedMessage } from "../../../support/listed_message.ts";

Deno.test("there is a schema for every command with --json, and for nothing else", async () => {
  const withJson: string[] = [];
  for (const name of commandTable.names) {
    const { command } = (await commandTable.load(name))!;
    if ("json" in (command.parameters.flags ?? {})) withJson.push(name);
  }
  deepEqual([...schemaNames].sort(), [...withJson, "error"].sort());
});

Deno.test("help lists and shows every schema", async () => {
  for (const name of schemaNames) {
    ok((await helpPage("schemas", commandTable)).includes(`help schema ${name}\n`), name);
    deepEqual(JSON.parse(await helpPage(`schema ${name}`, commandTable)), findSchema(name));
  }
});

Deno.test("every failure keeps to the schema of failures", () => {
  const schema = findSchema("error")!;
  for (const code of Object.keys(failures) as FailureCode[]) {
    for (const detail of [{}, { hint: "Do this." } as const]) {
      deepEqual(schemaErrors(schema, failureJson(new MailError(code, "Cannot", detail))), []);
    }
  }
});

Deno.test("a message that cannot be opened, and clocks out of all bounds, keep to the schema", () => {
  const message = {
    id: entryId(1),
    box: "inbox",
    from: asAddress("a@b"),
    storedAt: 8.64e15,
    readAt: 1e300,
    sealedBytes: 0,
    encodedBytes: null,
    outcome: "invalid",
    headers: null,
    senderFingerprint: null,
    deliveries: [],
    notBefore: 1e300,
    heldUntil: null,
    cancelledAt: null,
    expiresAt: null,
    burn: false,
    number: 0,
    filing: unfiled,
    place: 1,
    isKnown: true,
    bounced: null,
    retentionNotice: null,
    origin: null,
  } as const;
  const page = { total: 1, unread: 0, messages: [listedJson(message)], more: false, missing: [] };
  deepEqual(schemaErrors(findSchema("inbox")!, page), []);
});

const origins: readonly Origin[] = [
  { kind: "import", importedAt: 1e300 },
  {
    kind: "smtp",
    account: null,
    sender: "",
    host: "\u202e",
    address: "::1",
    arrivedAt: 1,
  },
];

for (const origin of origins) {
  Deno.test(`mail that nobody signed keeps to the schema: ${origin.kind}`, () => {
    const outcome = origin.kind === "import" ? "imported" : "unsigned";
    const message = listedMessage({ from: "anybody at all" }, { outcome, origin });
    const page = { total: 1, unread: 0, messages: [listedJson(message)], more: false, missing: [] };
    deepEqual(schemaErrors(findSchema("inbox")!, page), []);
    deepEqual(page.messages[0]?.from, null);
    deepEqual(page.messages[0]?.claimedFrom, "anybody at all");
  });
}

Deno.test("what is not as a schema has it is found", () => {
  const schema = findSchema("logout")!;
  const right = { server: "localhost:1", name: "a" };
  const wrong: readonly (readonly [unknown, string])[] = [
    [{}, "$.dropped is missing"],
    [[], "$: [] is no object"],
    [{ dropped: {} }, "$.dropped: {} is no array"],
    [{ dropped: [right], more: 1 }, "$.more is not in the schema"],
    [{ dropped: [right, { ...right, name: null }] }, "$.dropped[1].name: null is no string"],
    [{ dropped: [{ ...right, server: "x" }] }, '$.dropped[0].server: "x" is not like ^.+:[0-9]+$'],
  ];
  deepEqual(schemaErrors(schema, { dropped: [right] }), []);
  for (const [value, error] of wrong) deepEqual(schemaErrors(schema, value), [error]);
  const rest = [{ minimum: 1 }, { enum: ["a"] }, { anyOf: [{ type: "null" }] }];
  for (const each of rest) equal(schemaErrors(each, 0).length, 1, JSON.stringify(each));
  throws(() => schemaErrors({ maximum: 1 }, 0), /unknown keyword maximum/);
});
