/** The MIME source of a message (WIRE 8.3), as far as texts with files need it: RFC 5322, 2045, 2046 and 2047. */
import { Buffer, join, randomBytes } from "./bytes.mjs";
import { check } from "./envelope.mjs";

const line = /.{1,76}/g;
const end = "\r\n";

/** A message of a text and files (`name`, `type`, `content`), all in base64. */
export function composeMime({ from, to, cc, bcc, subject, date, messageId, text, files }) {
  const head = [
    ["From", from],
    ...addressed({ To: to, Cc: cc, Bcc: bcc }),
    ["Subject", encodedWords(subject)],
    ["Date", new Date(date).toUTCString().replace("GMT", "+0000")],
    ["Message-ID", `<${messageId}>`],
    ["MIME-Version", "1.0"],
  ];
  const parts = [
    part("text/plain; charset=utf-8", Buffer.from(text)),
    ...files.map(filePart),
  ];
  if (parts.length === 1) return Buffer.from(headerLines(head) + parts[0]);
  const boundary = randomBytes(16).toString("hex");
  head.push(["Content-Type", `multipart/mixed; boundary="${boundary}"`]);
  const inner = parts.map((source) => `--${boundary}${end}${source}`).join("");
  return Buffer.from(`${headerLines(head)}${end}${inner}--${boundary}--${end}`);
}

/** The first text of a message, and its files. */
export function readMime(source) {
  const [{ content: body }, ...rest] = leavesOf(source);
  const files = rest.map(({ head, content }) => ({
    name: parameterOf(head["content-disposition"] ?? "", "filename"),
    content,
  }));
  return { body, files };
}

/** The source for other programs (8.3): as many bytes as the envelope says. */
export function forOthers(source, encodedBytes) {
  if (encodedBytes === null) return source;
  const encoded = encodedForm(source, false);
  check(encoded.length === encodedBytes, "the source for other programs has another length");
  return encoded;
}

/** Without binary parts. A part of a multipart lacks the line break of the delimiter. */
function encodedForm(source, isPart) {
  const at = source.indexOf(end + end) + 4;
  const content = source.subarray(at);
  const { "content-type": type = "text/plain" } = headOf(source);
  const boundary = parameterOf(type, "boundary");
  const isWhole = /^(?:multipart|message)\//i.test(type);
  let isBinary = false;
  const head = source.subarray(0, at).toString("latin1").replace(binaryField, (_, name) => {
    isBinary = true;
    return name + (isWhole ? "8bit  " : "base64");
  });
  const written = (bytes) => join(Buffer.from(head, "latin1"), bytes);
  if (boundary !== null) return written(encodedParts(content, join(end, `--${boundary}`)));
  if (!isBinary || isWhole) return written(content);
  const lines = content.toString("base64").match(line) ?? [""];
  return written(lines.join(end) + (isPart ? "" : end));
}

const binaryField = /^(content-transfer-encoding:[ \t]*)binary(?=\r$)/im;

function encodedParts(content, delimiter) {
  const [before, ...rest] = splitAt(join(end, content), delimiter);
  const parts = rest.map((piece) => {
    if (piece.subarray(0, 2).equals(Buffer.from("--"))) return piece;
    const from = piece.indexOf(end) + 2;
    return join(piece.subarray(0, from), encodedForm(piece.subarray(from), true));
  });
  return join(before, ...parts.map((piece) => join(delimiter, piece))).subarray(2);
}

function splitAt(bytes, delimiter) {
  const at = bytes.indexOf(delimiter);
  if (at < 0) return [bytes];
  return [bytes.subarray(0, at), ...splitAt(bytes.subarray(at + delimiter.length), delimiter)];
}

function headerLines(fields) {
  return fields.map(([name, value]) => `${name}: ${value}${end}`).join("");
}

function addressed(lists) {
  return Object.entries(lists).filter(([, list]) => list.length > 0).map((
    [name, list],
  ) => [name, list.join(", ")]);
}

function part(type, content, more = []) {
  const head = [
    ["Content-Type", type],
    ["Content-Transfer-Encoding", "base64"],
    ...more,
  ];
  const lines = content.toString("base64").match(line) ?? [];
  return headerLines(head) + end + lines.map((text) => text + end).join("");
}

function filePart({ name, type, content }) {
  return part(type, content, [[
    "Content-Disposition",
    `attachment; filename="${name}"`,
  ]]);
}

function encodedWords(text) {
  if (/^[ -~]*$/.test(text)) return text;
  return `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
}

/** The parts of a message that have no parts themselves. */
function leavesOf(source) {
  const head = headOf(source);
  const boundary = parameterOf(head["content-type"] ?? "", "boundary");
  const content = source.subarray(source.indexOf(end + end) + 4);
  if (boundary === null) return [{ head, content: decoded(head, content) }];
  return between(join(end, content), join(end, `--${boundary}`)).flatMap(leavesOf);
}

/** What stands between delimiters: neither what is before the first one nor what is behind the last. */
function between(bytes, delimiter) {
  const found = [];
  let from = bytes.indexOf(delimiter);
  for (let to; (to = bytes.indexOf(delimiter, from + 1)) > 0; from = to) {
    found.push(bytes.subarray(bytes.indexOf(end, from + 2) + 2, to));
  }
  return found;
}

function headOf(source) {
  const text = source.subarray(0, source.indexOf(end + end)).toString().replace(/\r\n[ \t]/g, " ");
  return Object.fromEntries(
    text.split(end).map((field) => {
      const colon = field.indexOf(":");
      return [
        field.slice(0, colon).toLowerCase(),
        field.slice(colon + 1).trim(),
      ];
    }),
  );
}

function parameterOf(value, name) {
  return new RegExp(`;\\s*${name}="?([^";]+)"?`, "i").exec(value)?.[1] ?? null;
}

function decoded(head, content) {
  const encoding = head["content-transfer-encoding"]?.toLowerCase();
  if (encoding === "base64") {
    return Buffer.from(content.toString("latin1"), "base64");
  }
  if (encoding !== "quoted-printable") return content;
  const joined = content.toString("latin1").replace(/=\r\n/g, "");
  const byte = (_, hex) => String.fromCharCode(parseInt(hex, 16));
  return Buffer.from(joined.replace(/=([0-9A-F]{2})/g, byte), "latin1");
}
