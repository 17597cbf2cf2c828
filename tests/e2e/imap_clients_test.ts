/**
 * Command-line mail programs and IMAP at the bridge: each carries bodies that are hard to carry, by STARTTLS, by TLS
 * from the first byte, or with a bridge that it starts itself. What is not installed is left out, see `installed.ts`.
 */
import assert from "node:assert/strict";
import { bytesOfString } from "../../src/mime/byte_string.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { bodies, checkMessage, installed, take } from "../support/carried_mail.ts";
import { areInstalled } from "../support/installed.ts";
import { type Person, Stage, until } from "../support/person.ts";

interface Program {
  /** The executable. */
  readonly needs: string;
  /** Shell; senders have a message at stdin, fetchers put every message of Mail in a file `NAME.<number>`. */
  readonly line: string;
  /** Bodies that it does not carry. */
  readonly without?: readonly string[];
}

const curl = 'curl -sS --ssl-reqd --cacert "$CERTIFICATE" --user "alice:$PASSWORD"';

/** For Python: `box` is logged in. */
const imaplib = (call: string) => `
import imaplib, os, ssl, sys
tls = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])
box = ${call}
box.login("alice", os.environ["PASSWORD"])
`;
const startTls = imaplib(`imaplib.IMAP4("127.0.0.1", int(os.environ["IMAP"]))
box.starttls(tls)`);
const implicitTls = imaplib(
  `imaplib.IMAP4_SSL("127.0.0.1", int(os.environ["IMAPS"]), ssl_context=tls)`,
);

const fetchByImaplib = `
box.select("Mail", readonly=True)
for uid in box.uid("SEARCH", "ALL")[1][0].split():
    (head, text), *_ = box.uid("FETCH", uid, "(RFC822.SIZE BODY.PEEK[])")[1]
    assert b"RFC822.SIZE %d " % len(text) in head, head
    open("python." + uid.decode(), "wb").write(text)
box.logout()
`;

const senders: Readonly<Record<string, Program>> = {
  curl: { needs: "curl", line: `cat > put.eml; ${curl} -T put.eml "imap://127.0.0.1:$IMAP/Mail"` },
  imaplib: {
    needs: "python3",
    without: ["empty", "long", "from", "blank", "medium"], // others carry them as well, and it takes its time
    line: `python3 -c '${implicitTls}
assert box.append("Mail", r"(\\Seen)", None, sys.stdin.buffer.read())[0] == "OK"
box.logout()'`,
  },
};

/** As an account of mbsync and offlineimap, whose Maildirs have the message in \`Mail\`. */
const ofMaildir = (name: string) =>
  `n=0; for file in ${name}/Mail/cur/* ${name}/Mail/new/*; do [ -f "$file" ] || continue
n=$((n + 1)); mv "$file" ${name}.$n; done`;

const mbsync = (name: string, account: string) =>
  `mkdir ${name}; umask 077; cat > mbsyncrc <<END
IMAPAccount bridge
${account}

IMAPStore bridge
Account bridge

MaildirStore here
Path ${name}/
Inbox ${name}/INBOX

Channel mail
Far :bridge:
Near :here:
Patterns Mail
Create Near
END
mbsync -q -c mbsyncrc mail || exit
${ofMaildir(name)}`;

const offlineimap = (name: string, account: string) =>
  `umask 077; cat > ${name}.rc <<END
[general]
accounts = mail
metadata = $PWD/${name}.state
ui = quiet
[Account mail]
localrepository = here
remoterepository = bridge
[Repository here]
type = Maildir
localfolders = $PWD/${name}
[Repository bridge]
type = IMAP
folderfilter = lambda name: name == "Mail"
${account}
END
offlineimap -o -c ${name}.rc || exit
${ofMaildir(name)}`;

/** Its STARTTLS fails now and then: two of its threads use one TLS connection, which OpenSSL does not allow. */
const offlineimapByNetwork = `remotehost = localhost
remoteport = $IMAPS
remoteuser = alice
remotepass = $PASSWORD
ssl = yes
sslcacertfile = $CERTIFICATE`;

const fetchmail = (name: string, server: string, options: string) =>
  `${take(name)}umask 077; cat > fetchmailrc <<END
set no bouncemail
poll localhost ${server} protocol imap user alice password "$PASSWORD" keep fetchall
  ${options} folder Mail no rewrite mda "./take"
END
fetchmail -s -f fetchmailrc --invisible --nosyslog --idfile ids --pidfile pid 2>/dev/null`;

const fetchers: Readonly<Record<string, Program>> = {
  curl: {
    needs: "curl",
    line: `for n in $(seq $COUNT); do
${curl} "imap://127.0.0.1:$IMAP/Mail;MAILINDEX=$n" -o curl.$n || exit; done`,
  },
  "curl-tls": {
    needs: "curl",
    line: `for n in $(seq $COUNT); do
${curl} "imaps://127.0.0.1:$IMAPS/Mail;MAILINDEX=$n" -o curl-tls.$n || exit; done`,
  },
  python: { needs: "python3", line: `python3 -c '${startTls}${fetchByImaplib}'` },
  getmail: {
    needs: "getmail",
    // It misses the end of a command that ends before it waits for it, and then waits for three minutes.
    line: `${take("getmail", "until grep -q ^State:.S /proc/$PPID/status; do sleep 0.01; done")}
mkdir -p -m 700 getmail; umask 077; cat > getmail/getmailrc <<END
[retriever]
type = SimpleIMAPSSLRetriever
server = 127.0.0.1
port = $IMAPS
ca_certs = $CERTIFICATE
username = alice
password = $PASSWORD
mailboxes = ("Mail",)
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
  fetchmail: {
    needs: "fetchmail",
    line: fetchmail(
      "fetchmail",
      "service $IMAP",
      "sslproto tls1.2+ sslcertck sslcertfile $CERTIFICATE",
    ),
  },
  "fetchmail-plugin": {
    needs: "fetchmail",
    line: fetchmail("fetchmail-plugin", 'plugin "mailctl bridge --stdio imap"', "sslproto ''"),
  },
  "mbsync-tls": {
    needs: "mbsync",
    line: mbsync(
      "mbsync-tls",
      `Host 127.0.0.1
Port $IMAPS
User alice
Pass $PASSWORD
SSLType IMAPS
CertificateFile $CERTIFICATE`,
    ),
  },
  offlineimap: { needs: "offlineimap", line: offlineimap("offlineimap", offlineimapByNetwork) },
  "offlineimap-tunnel": {
    needs: "offlineimap",
    line: offlineimap(
      "offlineimap-tunnel",
      "preauthtunnel = mailctl bridge --stdio imap",
    ),
  },
};

/** An account with a bridge that has STARTTLS, and one that has TLS from the first byte. */
class Place {
  readonly person: Person;
  readonly #env: Readonly<Record<string, string>>;

  constructor(person: Person, { settings }: BridgeProcess, implicit: BridgeProcess) {
    this.person = person;
    this.#env = {
      IMAP: String(settings.imap.port),
      IMAPS: String(implicit.settings.imap.port),
      SMTP: String(settings.smtp.port),
      PASSWORD: settings.password,
      CERTIFICATE: settings.certificate,
    };
  }

  /** Runs lines of shell that must succeed; returns what they printed. */
  async run(lines: string, stdin?: Uint8Array | string): Promise<string> {
    const { status, out, err } = await this.person.home.shell(lines, { stdin, env: this.#env });
    assert.equal(status, 0, `${lines}\n${out.slice(-2000)}\n${err.slice(-2000)}`);
    return out;
  }
}

async function placed(stage: Stage): Promise<Place> {
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice", "bob");
  const bridges = [
    stage.keep(await BridgeProcess.start(alice!)),
    stage.keep(await BridgeProcess.start(alice!, "--tls")),
  ] as const;
  return new Place(alice!, ...bridges);
}

Deno.test("command-line mail programs by IMAP", async (t) => {
  await using stage = new Stage();
  const place = await placed(stage);
  await t.step("keep and fetch messages byte for byte", (t) => carry(t, place));
  await t.step({
    name: "send, flag and file for all others",
    ignore: !areInstalled("curl", "python3", "offlineimap"),
    fn: (t) => share(t, place),
  });
});

async function carry(t: Deno.TestContext, place: Place): Promise<void> {
  const { person } = place;
  await person.do(["folders", "create", "Mail"]);
  const sent: string[] = [];
  for (const [name, { line, without = [] }] of installed(senders)) {
    await t.step(`${name} appends`, async () => {
      for (const [what, body] of Object.entries(bodies)) {
        if (what === "large" || without.includes(what)) continue;
        const subject = `${name} ${what}`;
        await place.run(line, bytesOfString(`Subject: ${subject}\r\n\r\n${body}`));
        sent.push(subject);
      }
    });
  }
  for (const [name, { line }] of installed(fetchers)) {
    await t.step(`${name} fetches`, async () => {
      await place.run(`COUNT=${sent.length}\n${line}`);
      const found = filesOf(person, name).map((file) => {
        const subject = checkMessage(Deno.readFileSync(file), false);
        Deno.removeSync(file);
        return subject;
      });
      assert.deepEqual(found.sort(), sent.toSorted());
    });
  }
}

/** The files `NAME.<number>` where programs are run. */
function filesOf({ home: { work } }: Person, name: string): string[] {
  return [...Deno.readDirSync(work)].map((file) => file.name)
    .filter((file) => new RegExp(`^${name}\\.\\d+$`).test(file))
    .map((file) => `${work}/${file}`);
}

async function share(t: Deno.TestContext, place: Place): Promise<void> {
  const { person } = place;
  const letter = (id: string) =>
    `From: alice@mail.test\r\nTo: bob@mail.test\r\nSubject: ${id}\r\nMessage-ID: <${id}@mail.test>\r\n\r\nHello.\r\n`;
  const submit = `${curl} --mail-from alice@mail.test --mail-rcpt bob@mail.test ` +
    '"smtp://127.0.0.1:$SMTP" -T put.eml';
  const file = (folder: string) => `${curl} -T put.eml "imap://127.0.0.1:$IMAP/${folder}"`;
  const numbersOf = async (folder: string, key: string) => {
    const out = await place.run(`${curl} "imaps://127.0.0.1:$IMAPS/${folder}?${key}"`);
    return out.trim().replace("* SEARCH", "").trim().split(" ").filter((each) => each !== "");
  };

  const orders: Readonly<Record<string, readonly string[]>> = {
    "sent, then kept": [submit, file("Sent")],
    "kept, then sent": [file("Sent"), submit],
    "both twice": [file("Sent"), submit, file("Sent"), submit],
  };
  for (const [order, lines] of Object.entries(orders)) {
    await t.step(`a message that is ${order} is in Sent once`, async () => {
      const id = order.replaceAll(/[^a-z]/g, "");
      await Deno.writeTextFile(`${person.home.work}/put.eml`, letter(id));
      for (const line of lines) await place.run(line);
      await place.run(`${curl} "imap://127.0.0.1:$IMAP/Sent" -X NOOP`);
      const isOnce = async () => (await numbersOf("Sent", `SUBJECT%20${id}`)).length === 1;
      await until(isOnce, `one message: ${order}`);
      const { messages } = await person.list("sent");
      const own = messages.filter(({ subject }) => subject === id);
      assert.deepEqual(own.map(({ to }) => to), [["bob@mail.test"]]);
    });
  }

  await t.step("keywords of one program are those of another, and of mailctl", async () => {
    await Deno.writeTextFile(`${person.home.work}/put.eml`, letter("keywords"));
    await place.run(file("INBOX"));
    await place.run(`python3 -c '${startTls}
box.select("INBOX")
assert box.store("1", "+FLAGS", r"(\\Answered $Forwarded $label1 own)")[0] == "OK"
box.logout()'`);
    for (const keyword of ["$Forwarded", "$label1", "own"]) {
      const key = `KEYWORD%20${encodeURIComponent(keyword)}`;
      assert.deepEqual(await numbersOf("INBOX", key), ["1"], keyword);
    }
    const { messages: [own] } = JSON.parse((await person.do(["inbox", "--json"])).out);
    assert.deepEqual(own.flags, ["answered", "forwarded"]);
    assert.deepEqual(own.keywords, ["$label1", "own"]);
  });

  await t.step("offlineimap changes both sides", async () => {
    const { work } = person.home;
    const config = offlineimap("two", offlineimapByNetwork).replace(/^folderfilter.*\n/m, "");
    const sync = (config.split("\nEND\n")[0]!) + "\nEND\nofflineimap -o -c two.rc";
    await place.run(sync);
    for (const part of ["cur", "new", "tmp"]) {
      await Deno.mkdir(`${work}/two/Plans/${part}`, { recursive: true });
    }
    await Deno.writeTextFile(`${work}/two/Plans/cur/1.1.test:2,FS`, letter("plan"));
    const [first] = [...Deno.readDirSync(`${work}/two/INBOX/cur`)];
    await Deno.rename(
      `${work}/two/INBOX/cur/${first!.name}`,
      `${work}/two/INBOX/cur/${first!.name.replace(/:2,.*/, ":2,FRS")}`,
    );
    await place.run(sync);
    const planned = await person.list("inbox", "--folder", "Plans", "--flagged");
    assert.deepEqual(planned.messages.map(({ subject }) => subject), ["plan"]);
    const flagged = await person.list("inbox", "--flagged");
    assert.deepEqual(flagged.messages.map(({ subject }) => subject), ["keywords"]);
    await person.do(["move", String(flagged.messages[0]!.id), "Plans"]);
    await place.run(sync);
    assert.deepEqual([...Deno.readDirSync(`${work}/two/INBOX/cur`)], []);
    const files = [...Deno.readDirSync(`${work}/two/Plans/cur`)].map(({ name }) =>
      name.replace(/^.*:2,/, "")
    );
    assert.deepEqual(files.sort(), ["FRS", "FS"]);
  });
}
