/**
 * Real mail programs and the bridge: each sends bodies that are hard to carry, and each fetches all of them. What is
 * not installed is passed over, but where MAILCTL_TEST_CLIENTS is `all` (as .ci/run has it) everything has to be there.
 */
import assert from "node:assert/strict";
import nodemailer from "npm:nodemailer@10.6.0";

import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { bodies, checkMessage, installed, take } from "../support/carried_mail.ts";
import { type Person, Stage } from "../support/person.ts";
import { watched } from "../support/program_terminal.ts";

interface Place {
  readonly person: Person;
  readonly bridge: BridgeProcess;
}

type Run = (place: Place, line: string, stdin?: Uint8Array) => Promise<unknown>;

/** Runs a line of shell that must succeed, with what the bridge told in its environment. */
const run: Run = async ({ person, bridge }, line, stdin) => {
  const env = told(bridge);
  const { status, out, err } = await person.home.shell(line, { stdin, env });
  assert.equal(status, 0, `${line}\n${out.slice(-2000)}\n${err.slice(-2000)}`);
};

/** The same at a terminal where nobody types: a question would wait for ever. */
const runOnScreen: Run = async ({ person, bridge }, line) => {
  const query = { env: told(bridge), withinMs: 60_000 };
  const { status, screen } = await watched(person.home, line, query);
  assert.equal(status, 0, `${line}\n${screen.slice(-2000)}`);
};

function told({ settings: { smtp, pop3, password, certificate } }: BridgeProcess) {
  return {
    SMTP: String(smtp.port),
    POP3: String(pop3.port),
    PASSWORD: password,
    CERTIFICATE: certificate,
  };
}

interface Program {
  /** The executable. */
  readonly needs: string;
  readonly run: (place: Place, message: Uint8Array) => Promise<unknown>;
  /** What it makes something else of, or others carry as well and takes its time. */
  readonly without?: readonly string[];
}

const msmtprc = `umask 077; cat > msmtprc <<END
account default
host 127.0.0.1
port $SMTP
from alice@mail.test
auth on
user alice
password $PASSWORD
tls on
tls_trust_file $CERTIFICATE
END
`;

const python = String.raw`
import os, smtplib, sys
with smtplib.SMTP("127.0.0.1", int(os.environ["SMTP"])) as server:
    server.login("alice", os.environ["PASSWORD"])
    server.sendmail("alice@mail.test", ["alice@mail.test"], sys.stdin.buffer.read())
`;

const senders: Readonly<Record<string, Program>> = {
  curl: {
    needs: "curl",
    run: (place, message) =>
      run(
        place,
        'curl -sS --user "alice:$PASSWORD" --mail-from alice@mail.test --mail-rcpt alice@mail.test ' +
          '--crlf "smtp://127.0.0.1:$SMTP" -T -',
        utf8Lines(message),
      ),
  },
  swaks: {
    needs: "swaks",
    without: ["empty", "large"], // it has a line in every body
    run: (place, message) =>
      run(
        place,
        "cat > swaks.eml; swaks --silent 2 --server 127.0.0.1 --port $SMTP --tls --auth-user alice " +
          '--auth-password "$PASSWORD" --from alice@mail.test --to alice --data @swaks.eml',
        message.subarray(0, -2), // it ends the last line itself
      ),
  },
  msmtp: {
    needs: "msmtp",
    without: ["large"],
    run: (place, message) => run(place, `${msmtprc}msmtp -C msmtprc alice`, message),
  },
  "msmtp without TLS": {
    needs: "msmtp",
    without: ["large", "medium"],
    run: (place, message) =>
      run(
        place,
        msmtprc.replace("auth on", "auth scram-sha-256").replace(/^tls.*\n/gm, "") +
          "msmtp -C msmtprc alice",
        message,
      ),
  },
  smtplib: {
    needs: "python3",
    without: ["large"],
    run: (place, message) => run(place, `python3 -c '${python}'`, message),
  },
  nodemailer: {
    needs: "true",
    without: ["large"],
    run: async ({ bridge: { settings } }, message) => {
      const { host, port } = settings.smtp;
      const ca = await Deno.readTextFile(settings.certificate);
      const sender = nodemailer.createTransport({
        host,
        port,
        requireTLS: true,
        tls: { ca },
        auth: { user: settings.user, pass: settings.password },
      });
      const envelope = { from: "alice@mail.test", to: ["alice@mail.test"] };
      await sender.sendMail({ envelope, raw: Buffer.from(message) });
      sender.close();
    },
  },
};

/** curl --crlf makes CRLF of LF: it is given what it expects of files. */
function utf8Lines(message: Uint8Array): Uint8Array {
  return bytesOfString(byteString(message).replaceAll("\r\n", "\n"));
}

const poplib = String.raw`
import os, poplib
box = poplib.POP3("127.0.0.1", int(os.environ["POP3"]))
box._MAXLINE = poplib._MAXLINE = 100000
box.stls(__import__("ssl").create_default_context(cafile=os.environ["CERTIFICATE"]))
box.user("alice"); box.pass_(os.environ["PASSWORD"])
for number in range(1, box.stat()[0] + 1):
    lines, size = box.retr(number)[1], box.list(number)
    text = b"".join(line + b"\r\n" for line in lines)
    assert len(text) == int(size.split()[2]), (len(text), size)
    open("poplib.%d" % number, "wb").write(text)
box.quit()
`;

interface Fetcher {
  readonly needs: string;
  /** Puts every message in a file \`NAME.<number>\`; programs that end lines with LF are taken as they are. */
  readonly line: string;
  readonly runs?: Run;
}

const fetchers: Readonly<Record<string, Fetcher>> = {
  curl: {
    needs: "curl",
    line: 'for n in $(seq $COUNT); do curl -sS --user "alice:$PASSWORD" ' +
      '"pop3://127.0.0.1:$POP3/$n" -o curl.$n || exit; done',
  },
  poplib: { needs: "python3", line: `python3 -c '${poplib}'` },
  mpop: {
    needs: "mpop",
    line: `${take("mpop")}umask 077; cat > mpoprc <<END
account default
host 127.0.0.1
port $POP3
user alice
password $PASSWORD
tls on
tls_trust_file $CERTIFICATE
keep on
received_header off
uidls_file $PWD/mpop_uidls
delivery mda ./take
END
mpop -q -C mpoprc`,
  },
  "mpop-scram": {
    needs: "mpop",
    line: `${take("mpop-scram")}umask 077; cat > mpoprc <<END
account default
host 127.0.0.1
port $POP3
user alice
password $PASSWORD
auth scram-sha-256
tls off
keep on
received_header off
uidls_file $PWD/mpop_scram_uidls
delivery mda ./take
END
mpop -q -C mpoprc`,
  },
  fetchmail: {
    needs: "fetchmail",
    line: `${take("fetchmail")}umask 077; cat > fetchmailrc <<END
set no bouncemail
poll localhost service $POP3 protocol pop3 user alice password "$PASSWORD" keep fetchall
  sslproto tls1.2+ sslcertfile $CERTIFICATE no rewrite mda "./take"
END
fetchmail -s -f fetchmailrc --invisible --nosyslog --idfile ids --pidfile pid 2>/dev/null`,
  },
  "fetchmail, which starts the bridge itself": {
    needs: "fetchmail",
    line: `${take("fetchmail-plugin")}umask 077; cat > fetchmailrc <<END
set no bouncemail
poll localhost plugin "mailctl bridge --stdio pop3" protocol pop3 user alice password any keep fetchall
  sslproto '' no rewrite mda "./take"
END
mv take take.plugin; printf '#!/bin/sh\\nexec ./take.plugin\\n' > take; chmod +x take
fetchmail -s -f fetchmailrc --invisible --nosyslog --idfile ids2 --pidfile pid2 2>/dev/null`,
  },
  getmail: {
    needs: "getmail",
    // It misses the end of a command that ends before it waits for it, and then waits for three minutes.
    line: `${take("getmail", "until grep -q ^State:.S /proc/$PPID/status; do :; done")}
mkdir -p -m 700 getmail; umask 077; cat > getmail/getmailrc <<END
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = $POP3
username = alice
password = $PASSWORD
use_apop = true
[destination]
type = MDA_external
path = $PWD/take
allow_root_commands = true
[options]
delete = false
delivered_to = false
received = false
END
getmail -q --getmaildir=$PWD/getmail`,
  },
  mutt: {
    needs: "mutt",
    runs: runOnScreen,
    // It would ask whether to make a folder that is missing, and whether to delete what it has fetched.
    line: `mkdir mutt; (umask 077; cat > muttrc) <<END
set folder=$PWD/mutt spoolfile=$PWD/mutt/inbox mbox_type=Maildir pop_delete=no
set certificate_file=$CERTIFICATE pop_host="pop://alice:$PASSWORD@localhost:$POP3"
END
mutt -n -F muttrc -e "push <fetch-mail><quit>" || exit
n=0; for file in mutt/inbox/new/*; do n=$((n + 1)); mv $file mutt.$n; done`,
  },
};

Deno.test("mail programs send and fetch byte for byte", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const bridge = stage.keep(await BridgeProcess.start(alice!));
  const place: Place = { person: alice!, bridge };
  const sent: string[] = [];

  for (const [name, { run: send, without = [] }] of installed(senders)) {
    await t.step(`${name} sends`, async () => {
      for (const [what, body] of Object.entries(bodies)) {
        if (without.includes(what)) continue;
        const head = `Subject: ${name} ${what}\r\nTo: alice@mail.test\r\nFrom: alice@mail.test\r\n`;
        await send(place, bytesOfString(`${head}\r\n${body}`));
        sent.push(`${name} ${what}`);
      }
    });
  }

  const { work } = alice!.home;
  for (const [name, { line, runs = run }] of installed(fetchers)) {
    await t.step(`${name} fetches`, async () => {
      await runs(place, `COUNT=${sent.length}\n${line}`);
      const prefix = name.startsWith("fetchmail,") ? "fetchmail-plugin" : name;
      const files = [...Deno.readDirSync(work)].map((file) => file.name)
        .filter((file) => new RegExp(`^${prefix}\\.\\d+$`).test(file));
      assert.deepEqual(files.length, sent.length);
      const found = files.map((file) => {
        const subject = checkMessage(Deno.readFileSync(`${work}/${file}`));
        Deno.removeSync(`${work}/${file}`);
        return subject;
      });
      assert.deepEqual(found.toSorted(), sent.toSorted());
    });
  }
});
