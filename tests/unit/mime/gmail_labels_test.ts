/** Labels of Gmail as Takeout writes them: what they say of a message, and that no sender says it. */
import assert from "node:assert/strict";
import { findGmailLabels, readGmailLabels } from "../../../src/mime/gmail_labels.ts";
import { bytesOf, collect, cut } from "../../support/mime.ts";

const found: readonly (readonly [text: string, labels: readonly string[]])[] = [
  ["X-GM-THRID: 12\r\nX-Gmail-Labels: Inbox,Unread\r\nSubject: x\r\n\r\ny", ["Inbox", "Unread"]],
  ['X-Gmail-Labels: Archived,"A, b",c d\r\n\r\n', ["Archived", "A, b", "c d"]],
  ['X-Gmail-Labels: Inbox,"say ""hi"" now"\r\n\r\n', ["Inbox", 'say "hi" now']],
  ["X-Gmail-Labels: =?UTF-8?Q?Inbox,Entw=C3=BCrfe/=C3=84?=\r\n =?UTF-8?Q?,c?=\r\n\r\n", [
    "Inbox",
    "Entwürfe/Ä",
    "c",
  ]],
  ["X-Gmail-Labels:\r\n\r\n", []],
  ["Subject: x\r\nX-Gmail-Labels: Trash\r\n\r\n", []],
  ["Received: x\r\nX-GM-THRID: 1\r\nX-Gmail-Labels: Trash\r\n\r\n", []],
  ["", []],
];

for (const [text, labels] of found) {
  Deno.test(`labels are found where Gmail writes them: ${JSON.stringify(text.slice(0, 40))}`, async () => {
    for (const size of [1, 100_000]) {
      const { labels: seen, content } = await findGmailLabels(cut(bytesOf(text), size));
      assert.deepEqual(seen, labels);
      assert.deepEqual(await collect(content), bytesOf(text), "the message stays as it is");
    }
  });
}

type Read = readonly [
  folder: string,
  isSent: boolean,
  isRead: boolean,
  flags: string,
  keywords: string,
];

const read: Readonly<Record<string, Read | null>> = {
  "Inbox,Opened": ["INBOX", false, true, "", ""],
  "Inbox,Unread,Starred,Important": ["INBOX", false, false, "flagged", ""],
  "Inbox,Category updates,Work,Clients/ACME,a b": ["INBOX", false, true, "", "Work Clients/ACME"],
  "Archived": ["Archive", false, true, "", ""],
  "Archived,Unread,Work,Clients/ACME": ["Work", false, false, "", "Clients/ACME"],
  "Sent": ["Sent", true, true, "", ""],
  "Sent,Work": ["Work", true, true, "", ""],
  "Inbox,Sent": ["INBOX", false, true, "", ""],
  "Drafts": ["Drafts", false, true, "", ""],
  "Spam,Unread": ["Junk", false, false, "", ""],
  "Trash,Sent,Work": ["Trash", true, true, "", "Work"],
  "Chat,IMAP_$MDNSent": ["Archive", false, true, "", ""],
  "Posteingang,Wichtig": null,
  "": null,
};

for (const [text, expected] of Object.entries(read)) {
  Deno.test(`labels of Gmail are read: ${text}`, () => {
    const filing = readGmailLabels(text.split(","), true);
    if (filing === null) return assert.equal(expected, null);
    const { folder, isSent, status: { isRead, flags, keywords } } = filing;
    assert.deepEqual([folder, isSent, isRead, flags.join(), keywords.join(" ")], expected);
  });
}

Deno.test("where all messages come into one folder, every label of one's own is a keyword", () => {
  assert.deepEqual(readGmailLabels(["Archived", "Work", "b"], false)?.status.keywords, [
    "Work",
    "b",
  ]);
});
