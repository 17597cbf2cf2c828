/** Mail that other people's programs bring to a server: swaks, msmtp, curl, smtplib, git send-email, openssl. */
import assert from "node:assert/strict";
import { byteString } from "../../src/mime/byte_string.ts";
import { areInstalled } from "../support/installed.ts";
import { password, Person, Stage } from "../support/person.ts";

const crlf = (text: string) => text.replaceAll("\n", "\r\n");
/** Lines that begin with dots, 8 bits, a NUL, a long line, no line break at the end of the last word. */
const ugly = crlf(`From: Carol <carol@world.test>
To: bob@mail.test
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Message-ID: <ugly@world.test>

.
..
.hidden
\xff\xfe 8 bits \xc3\xbc
${"long ".repeat(180)}

-- 
the end
`);

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const programs = ["swaks", "msmtp", "curl", "python3", "git-send-email", "openssl"];

Deno.test({
  name: "programs that are no mailctl bring mail to a server",
  ignore: !areInstalled(...programs),
  fn: bringMail,
});

async function bringMail(t: Deno.TestContext): Promise<void> {
  await using stage = new Stage();
  const args = ["--smtp", "127.0.0.1:0", "--smtp-tls", "127.0.0.1:0", "--postmaster", "bob"];
  const server = await stage.server({ args });
  const [bob] = await stage.people(server, "bob") as [Person];
  const alice = await Person.join("alice", stage.home("alice"), server.trusted);
  const made = await alice.do(["app-password", "create", "program", "--scope", "smtp"], {
    env: { MAILCTL_PASSWORD: password },
  });
  const word = made.out.trim();
  const work = `${stage.folder}/work`;
  Deno.mkdirSync(work);
  Deno.writeFileSync(`${work}/ugly.eml`, latin1(ugly));
  const [plain = "", secure = ""] = server.extraAddresses.map((address) => address.split(":")[1]!);
  const env = {
    ...{ PLAIN: plain, SECURE: secure, WORD: word, HOME: work, LC_ALL: "C.UTF-8" },
    CERT: `${stage.folder}/server/home/.local/share/mailctl/keys/self_signed.crt`,
  };

  /** Runs a line of shell in the folder; its status must be this one. */
  const shell = async (line: string, wanted = 0) => {
    const command = new Deno.Command("sh", { args: ["-c", line], cwd: work, env });
    const { code, stdout, stderr } = await command.output();
    const said = byteString(stdout) + byteString(stderr);
    assert.equal(code, wanted, `${line}\n${said}`);
    return said;
  };

  /** The newest message of Bob's, one character a byte, without what the server wrote in front of it. */
  const newest = async () => {
    const { bytes } = await bob.do(["read", String(await bob.newest()), "--raw"]);
    return byteString(bytes).replace(/^Return-Path:.*\r\nReceived:.*\r\n(?:[ \t].*\r\n)*/, "");
  };

  const exact = async (line: string) => {
    await shell(line);
    assert.equal(await newest(), ugly);
  };

  await t.step("curl, byte for byte", () =>
    exact(
      "curl -sS --url smtp://127.0.0.1:$PLAIN/client.test --ssl-reqd --cacert $CERT " +
        "--mail-from carol@world.test --mail-rcpt bob@mail.test -T ugly.eml",
    ));

  await t.step("python3 smtplib, byte for byte", () =>
    exact(`python3 -c '
import os, smtplib, ssl
tls = ssl.create_default_context(cafile=os.environ["CERT"])
with smtplib.SMTP("127.0.0.1", int(os.environ["PLAIN"]), "client.test") as smtp:
    smtp.starttls(context=tls)
    refused = smtp.sendmail("", ["bob@mail.test", "postmaster"], open("ugly.eml", "rb").read(), ["BODY=8BITMIME"])
    assert refused == {}, refused
'`));

  await t.step("openssl s_client, byte for byte", async () => {
    Deno.writeFileSync(
      `${work}/typed`,
      latin1(
        crlf("EHLO client.test\nMAIL FROM:<carol@world.test>\nRCPT TO:<bob@mail.test>\nDATA\n") +
          ugly.replace(/^\./gm, "..") + crlf(".\nQUIT\n"),
      ),
    );
    const connect = "openssl s_client -quiet -ign_eof -connect 127.0.0.1:$PLAIN -starttls smtp " +
      "-CAfile $CERT -verify_return_error";
    await exact(`${connect} < typed`);
    for (const old of ["-tls1", "-tls1_1"]) await shell(`${connect} ${old} < typed 2>&1`, 1);
    await shell(`${connect} -tls1_2 < typed 2>&1`);
  });

  await t.step("swaks: from the world, and to an account that is nobody's", async () => {
    const swaks = "swaks --server 127.0.0.1 --port $PLAIN --from carol@world.test -tls " +
      "--tls-ca-path $CERT --tls-verify";
    await shell(`${swaks} --to bob@mail.test --header 'Subject: a scan' --attach @ugly.eml`);
    const id = await bob.newest();
    const [message] = await bob.read(id);
    assert.deepEqual([message!.outcome, message!.subject], ["unsigned", "a scan"]);
    const { bytes } = await bob.do(["read", String(id), "--attachment", "1"]);
    assert.equal(byteString(bytes), ugly);
    assert.match(await shell(`${swaks} --to nobody@mail.test 2>&1`, 24), /550 5\.1\.1 /);
    assert.match(await shell(`${swaks} --to bob@else.test 2>&1`, 24), /550 5\.1\.1 /);
  });

  await t.step("swaks: as a device that logs in, with TLS from the start", async () => {
    const swaks =
      "swaks --server 127.0.0.1 --port $SECURE --tlsc --tls-ca-path $CERT --tls-verify " +
      "--to bob@mail.test --from alice@mail.test";
    for (const how of ["PLAIN", "LOGIN"]) {
      await shell(`${swaks} --auth ${how} --auth-user alice --auth-password $WORD`);
      const json = await bob.do(["read", String(await bob.newest()), "--json"]);
      const { origin } = JSON.parse(json.out);
      assert.equal(origin.account, "alice@mail.test");
    }
    assert.match(
      await shell(`${swaks} --auth PLAIN --auth-user alice --auth-password no`, 28),
      /535 5\.7\.8/,
    );
    assert.match(await shell(`${swaks} 2>&1`, 23), /530 5\.7\.0/);
    assert.match(
      await shell(
        `${swaks} --auth --auth-user alice --auth-password $WORD --from bob@mail.test 2>&1`,
        23,
      ),
      /550 5\.7\.1 /,
    );
  });

  await t.step("msmtp, with its own view of certificates", async () => {
    await shell(
      "printf 'From: alice@mail.test\\nTo: bob@mail.test\\nSubject: from msmtp\\n\\n.dot\\n' | " +
        "msmtp --host=127.0.0.1 --port=$PLAIN --tls=on --tls-starttls=on --tls-trust-file=$CERT " +
        "--set-date-header=off --set-msgid-header=off --auth=on --user=alice --passwordeval='echo $WORD' --from=alice@mail.test bob@mail.test",
    );
    assert.equal(
      await newest(),
      crlf("From: alice@mail.test\nTo: bob@mail.test\nSubject: from msmtp\n\n.dot\n"),
    );
  });

  await t.step("msmtp, asking for a notice of success", async () => {
    await shell(
      "printf 'Subject: tell me\\n\\nx\\n' | msmtp --host=127.0.0.1 --port=$SECURE --tls=on " +
        "--tls-starttls=off --tls-trust-file=$CERT --auth=on --user=alice --passwordeval='echo $WORD' " +
        "--from=alice@mail.test --dsn-notify=success --dsn-return=headers bob@mail.test",
    );
    const { messages: [notice] } = await alice.list("inbox");
    assert.deepEqual([notice!.outcome, notice!.subject], ["unsigned", "Delivered: bob@mail.test"]);
  });

  await t.step("git send-email", async () => {
    await shell(
      "git init -q repo && cd repo && git config user.name Alice && " +
        "git config user.email alice@mail.test && echo ü > f && git add f && git commit -qm 'Add f' && " +
        "git send-email --quiet --confirm=never --to bob@mail.test --smtp-server 127.0.0.1 " +
        "--smtp-server-port $PLAIN --smtp-encryption tls --smtp-ssl-cert-path $CERT " +
        "--smtp-user alice --smtp-pass $WORD -1",
    );
    const text = await newest();
    assert.match(text, /^From: Alice <alice@mail\.test>\r\n/);
    assert.ok(text.includes(byteString(new TextEncoder().encode("+ü\r\n"))));
  });

  await t.step("a message of 25 MiB and its note", async () => {
    await shell("head -c 26214400 /dev/urandom > large");
    await shell(
      "swaks --server 127.0.0.1 --port $PLAIN -tls --from carol@world.test --to bob@mail.test " +
        "--attach @large --suppress-data",
    );
    const id = String(await bob.newest());
    await bob.do(["read", id, "--attachment", "1", "-o", `${work}/back`]);
    await shell("cmp large back");
  });

  assert.equal(await server.stop(), 0);
  const lines = server.log.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.filter(({ level }) => level === "error"), []);
}
