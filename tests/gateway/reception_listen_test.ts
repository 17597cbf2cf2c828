/** A server's SMTP on real sockets: STARTTLS, TLS from the start, another certificate, and the end. */
import assert from "node:assert/strict";
import { certificateDigest, makeCertificate } from "../../src/crypto/certificate.ts";
import { openReception, type Reception } from "../../src/gateway/reception/listen.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { startTls } from "../support/listener_here.ts";
import { MailProgram } from "../support/mail_program.ts";
import { ReceptionStage } from "../support/reception_stage.ts";

async function makeShown() {
  const made = await makeCertificate({ hosts: ["localhost"], addresses: [] }, Date.now());
  return { ...made, certificateDigest: await certificateDigest(made.certificate) };
}

type Shown = Awaited<ReturnType<typeof makeShown>>;

async function open(stage: ReceptionStage, certificate: Shown): Promise<Reception> {
  const any = { hostname: "127.0.0.1", port: 0 };
  return await openReception({ ...stage.options, smtp: any, submissions: any, certificate });
}

function dial(reception: Reception, protocol: "smtp" | "smtps"): Promise<Deno.TcpConn> {
  const [, address = ""] = reception.addresses.find(([name]) => name === protocol)!;
  return Deno.connect({ hostname: "127.0.0.1", port: Number(address.split(":")[1]) });
}

/** Says STARTTLS, with what is slipped in behind it, and goes on inside. */
async function secured(reception: Reception, pem: string, slipped = ""): Promise<MailProgram> {
  const socket = await dial(reception, "smtp");
  const plain = new MailProgram(new TcpConnection(socket));
  await plain.reply();
  await plain.talk([["EHLO evil.test", "250-"]]);
  await plain.say(`STARTTLS\r\n${slipped}`);
  assert.match((await plain.reply())!, /^220 /);
  return new MailProgram(await startTls(socket, pem));
}

Deno.test("what is slipped in before TLS counts for nothing inside", async () => {
  await using stage = await ReceptionStage.start();
  const bob = await stage.join("bob");
  const shown = await makeShown();
  const reception = await open(stage, shown);
  const slipped = "EHLO evil.test\r\nMAIL FROM:<evil@world.test>\r\nRCPT TO:<bob@mail.test>\r\n" +
    "DATA\r\nSubject: evil\r\n\r\n.\r\n";
  for (const extra of ["", slipped, "RSET\r\n".repeat(500)]) {
    const program = await secured(reception, shown.certificate, extra);
    await program.talk([
      ["MAIL FROM:<carol@world.test>", "503"],
      ["EHLO client.test", "250-"],
      ["RCPT TO:<bob@mail.test>", "503"],
      ["MAIL FROM:<carol@world.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
      ["Subject: fine\r\n\r\nx\r\n.", "250"],
      ["QUIT", "221"],
    ]);
  }
  const subjects = (await stage.inbox(bob)).map(({ envelope }) => envelope.subject);
  assert.deepEqual(subjects, ["fine", "fine", "fine"]);
  await reception.close(1_000);
});

Deno.test("another certificate is shown from the next handshake on, on both addresses", async () => {
  await using stage = await ReceptionStage.start();
  const [first, second] = [await makeShown(), await makeShown()];
  const reception = await open(stage, first);
  const both = async ({ certificate }: Shown) => {
    (await secured(reception, certificate)).close();
    const inside = new MailProgram(await startTls(await dial(reception, "smtps"), certificate));
    assert.match((await inside.reply())!, /^220 /);
    inside.close();
  };
  await both(first);
  reception.show(second);
  await both(second);
  await assert.rejects(both(first), /certificate/i);
  await reception.close(1_000);
});

Deno.test("HTTP, garbage and silence cost a connection and nothing else", async () => {
  await using stage = await ReceptionStage.start();
  const reception = await open(stage, await makeShown());
  for (
    const said of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /x HTTP/1.0\r\n\r\n", "\0\0\0\r\n"]
  ) {
    const program = new MailProgram(new TcpConnection(await dial(reception, "smtp")));
    await program.reply();
    await program.say(said);
    assert.match((await program.reply())!, /^(421|500) /);
    program.close();
  }
  const plain = new MailProgram(new TcpConnection(await dial(reception, "smtps")));
  await plain.say("EHLO client.test\r\n");
  assert.doesNotMatch(await plain.rest(), /^2/);
  await dial(reception, "smtps");
  await reception.close(50);
});
