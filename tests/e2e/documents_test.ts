/** The sessions in README.md and docs/, typed line by line into a shell: every line prints what it says. */
import assert from "node:assert/strict";
import { documents, sessionOf } from "../support/documents.ts";
import { areInstalled } from "../support/installed.ts";
import type { ProgramForm } from "../support/program.ts";
import { typeSession } from "../support/typed_shell.ts";

interface Session {
  /** What is typed before the page's own lines. */
  readonly before?: string;
  /** What the program is run from; the bundle unless it says otherwise. */
  readonly form?: ProgramForm;
  /** Programs of others that the page uses. */
  readonly programs?: readonly string[];
}

const password = "$ export MAILCTL_PASSWORD='correct horse battery staple'\n";

/** A server, and accounts that are logged in; the last of them is the one that commands use. */
function accounts(...names: readonly string[]): string {
  return `$ mailctl serve --domain example.org 2>serve.log &
address	127.0.0.1:4465
domain	example.org
fingerprint	...
${password}${loggedIn(names)}`;
}

function loggedIn(names: readonly string[]): string {
  return `$ for name in ${names.join(" ")}; do
>   mailctl register $name
> done &>/dev/null
$ mailctl login ${names.at(-1)} >/dev/null
`;
}

const withoutPassword = "$ unset MAILCTL_PASSWORD\n";

/** Mail for a mail program to fetch, and a patch to send. */
const mailAndPatch = `$ mailctl send bob --user alice -s Hello -m "For any program."
1
$ git config --global user.name Bob; git config --global user.email bob@example.org
$ git init -q code; git -C code commit -q --allow-empty -m First; echo x > code/f; git -C code add f
$ git -C code commit -qm "Add f"; git -C code format-patch -q -1 -o ..
`;

/** A server that takes mail by SMTP. */
const smtpServer =
  `$ mailctl serve --domain example.org --smtp 127.0.0.1:2525 --smtp-tls 127.0.0.1:2465 2>log &
address	127.0.0.1:4465
domain	example.org
fingerprint	...
smtp	127.0.0.1:2525
smtps	127.0.0.1:2465
${password}${loggedIn(["ops", "scans"])}$ cp $MAILCTL_HOME/server/keys/self_signed.crt .
$ seq 3 > page.pdf
`;

const mailPrograms = [
  "curl",
  "swaks",
  "msmtp",
  "mpop",
  "mbsync",
  "offlineimap",
  "fetchmail",
  "getmail",
  "mutt",
];

/** Every document with something to type. */
const sessions: Readonly<Record<string, Session>> = {
  "README.md": { form: "sources" },
  "docs/folders.md": { before: accounts("alice", "bob") + withoutPassword },
  "docs/keys.md": { before: accounts("bob", "alice") },
  "docs/mail-programs.md": {
    before: accounts("alice", "bob") + withoutPassword + mailAndPatch,
    programs: [...mailPrograms, "git-send-email"],
  },
  "docs/messages.md": { before: accounts("carol", "bob", "alice") + withoutPassword },
  "docs/operating.md": {},
  "docs/recipes.md": { before: accounts("ops", "nas") + withoutPassword },
  "docs/sendmail.md": { before: accounts("bob", "alice") + withoutPassword },
  "docs/server.md": {},
  "docs/smtp.md": { before: smtpServer, programs: ["swaks", "msmtp"] },
  "docs/web.md": { before: accounts("alice") + withoutPassword },
};

Deno.test("the sessions of all documents are typed", () => {
  const found = documents.filter((file) => sessionOf(file) !== "");
  assert.deepEqual(found, Object.keys(sessions));
});

for (const [file, { before = "", form = "bundle", programs = [] }] of Object.entries(sessions)) {
  Deno.test({
    name: `the session of ${file} does what it says, run from the ${form}`,
    ignore: !areInstalled(...programs),
    fn: async () => await typeSession(before + sessionOf(file), form),
  });
}
