/** The notice of mail that came back, read by our own parser and by somebody else's. */
import assert from "node:assert/strict";
// deno-lint-ignore no-import-prefix -- only this test knows the oracle
import PostalMime from "npm:postal-mime@4.0.0";
import { composeReport, type Report } from "../../../src/mime/report.ts";
import { bytesOf, collect, cut, readLeaves } from "../../support/mime.ts";

const original = "Subject: hi\r\n\r\n--b\r\nGrüße, without a line break at the end";

function reportOf(change: Partial<Report> = {}): Report {
  return {
    messageId: "returned.2.5@example.org",
    date: new Date(0),
    from: "mailer-daemon@example.org",
    to: ["alice@example.org"],
    cc: [],
    subject: "Returned: hi",
    inReplyTo: "1@example.org",
    references: ["1@example.org"],
    boundary: "b-1",
    text: "It did not reach\nzoë.\n",
    domain: "example.org",
    recipient: "bob@example.org",
    status: "5.1.1",
    at: new Date(0),
    original: { name: "original.eml", source: cut(bytesOf(original), 1) },
    ...change,
  };
}

Deno.test("a report is a text, a status and the original byte for byte", async () => {
  const source = await collect(composeReport(reportOf()));
  const leaves = await readLeaves(cut(source, 7));
  assert.deepEqual(leaves.map(({ part }) => part.type), [
    "text/plain",
    "message/delivery-status",
    "message/rfc822",
  ]);
  const texts = leaves.map(({ content }) => new TextDecoder().decode(content));
  assert.equal(texts[0], "It did not reach\nzoë.\n");
  assert.match(texts[1]!, /^Reporting-MTA: dns; example\.org\r\n\r\nFinal-Recipient: rfc822; bob@/);
  assert.match(
    texts[1]!,
    /Action: failed\r\nStatus: 5\.1\.1\r\nLast-Attempt-Date: Thu, 01 Jan 1970/,
  );
  assert.equal(texts[2], original);
  const parsed = await PostalMime.parse(source);
  assert.equal(parsed.subject, "Returned: hi");
  assert.match(parsed.text ?? "", /It did not reach\s+zoë/);
});

Deno.test("a recipient beyond ASCII has the status of RFC 6533", async () => {
  const report = reportOf({ recipient: "zoë@example.org", original: null });
  const text = new TextDecoder().decode(await collect(composeReport(report)));
  assert.match(
    text,
    /message\/global-delivery-status\r\n[^]*Final-Recipient: utf-8; zoë@example\.org/,
  );
  assert.doesNotMatch(text, /rfc822/);
});

Deno.test("a recipient that would add a line is refused", async () => {
  const report = reportOf({ recipient: "bob@x\r\nAction: delivered" });
  await assert.rejects(collect(composeReport(report)), { code: "malformed" });
});
