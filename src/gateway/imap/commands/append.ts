/** APPEND: RFC 9051 6.3.12, RFC 7889. */
import { concatBytes } from "../../../model/bytes.ts";
import type { AppendedMail, MailFolder } from "../../folders/mail_folders.ts";
import { AppendBody } from "../append_body.ts";
import type { Carry, Said } from "../command.ts";
import type { CommandText } from "../command_text.ts";
import { readFlagList, type WrittenFlags } from "../flags.ts";
import { readMoment } from "../moment.ts";
import { Last, No } from "../refusal.ts";
import { lineBytes } from "../response.ts";
import type { SessionState } from "../session_state.ts";

interface AppendQuery {
  readonly folder: MailFolder;
  readonly flags: WrittenFlags;
  readonly internalDate: number | null;
}

const inBrackets = "UTF8 ("; // RFC 6855 4: UTF8 (~{n}...)

export const append: Carry = async function* (state, said) {
  const { open, reader, text } = said;
  if (open === null) throw text.bad();
  requireSize(state, open.bytes, open.waits);
  const body = new AppendBody(reader, open, text.endsWith(inBrackets) ? ")" : "");
  try {
    const { folder, flags, internalDate } = await readAppend(state, said);
    if (open.waits) yield lineBytes("+ OK");
    body.begin();
    const { isSeen, keywords } = flags;
    const uid = await (await state.folders()).append(folder.key, {
      isSeen,
      flags: flags.flags,
      keywords,
      internalDate,
      ...open.isBinary ? await encoded(body) : { bytes: open.bytes, content: body.content() },
    });
    return `[APPENDUID ${folder.uidValidity} ${uid}] Stored`;
  } catch (error) {
    await body.passOver();
    throw body.fault ?? error;
  }
};

/** RFC 3516 4.4: what BODY[] tells has no NUL, and so what is stored has none. */
async function encoded(body: AppendBody): Promise<Pick<AppendedMail, "bytes" | "content">> {
  const { encodeBinary } = await import("../../../mime/structure/encode_binary.ts");
  const message = await encodeBinary(concatBytes(await Array.fromAsync(body.content())));
  return { bytes: message.length, content: ReadableStream.from([message]) };
}

/** Not a byte is read of what is too large; where it comes unasked, nothing can be said behind it. */
function requireSize({ host }: SessionState, bytes: number, waits: boolean): void {
  if (bytes <= host.maxMessageBytes) return;
  const Refusal = waits ? No : Last;
  throw new Refusal(`A message may have ${host.maxMessageBytes} bytes`, "TOOBIG");
}

async function readAppend(state: SessionState, { text, open }: Said): Promise<AppendQuery> {
  text.space();
  const name = text.astring();
  text.space();
  const flags = readOptionalFlags(text);
  const internalDate = text.sees('"') ? readMoment(text) : null;
  if (internalDate !== null) text.space();
  if (state.isUtf8) text.skip(inBrackets);
  text.end();
  if (open?.bytes === 0) throw new No("The message is empty", "CANNOT");
  return { folder: await state.folder(name, "TRYCREATE"), flags, internalDate };
}

function readOptionalFlags(text: CommandText): WrittenFlags {
  if (!text.sees("(")) return { isSeen: false, flags: [], keywords: [], isWhole: true };
  const flags = readFlagList(text);
  text.space();
  return flags;
}
