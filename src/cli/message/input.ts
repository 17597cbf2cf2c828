/** What `send` reads: files and standard input, opened before anything is sent, read as it goes. */
import type { Content, Draft } from "../../client/sending/draft.ts";
import { reasonOf } from "../../files/file_failure.ts";
import { ByteCounter } from "../../model/byte_counter.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { mediaType } from "../../model/media_type.ts";
import { host } from "../host.ts";
import { sayFolded } from "../terminal/output.ts";

/** A file that is open: its bytes, once, and its size where that is known. */
export interface InputFile extends Disposable {
  readonly content: AsyncIterable<Uint8Array>;
  readonly size: number | null;
}

/** An attachment that is ready to be sent. */
export type InputAttachment = Draft["attachments"][number];

/** Opens a file. @throws {MailError} `no_input`, naming it */
export async function openInput(path: string): Promise<InputFile> {
  const file = await tryOpen(path);
  const { isDirectory, isFile, size } = await file.stat();
  if (isDirectory) {
    file.close();
    throw new MailError("no_input", `Cannot read ${path}: it is a folder`);
  }
  return {
    content: isFile ? wholeOf(pieces(file, path), path, size) : pieces(file, path),
    size: isFile ? size : null,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Reads standard input; on a terminal it says first how to end it. */
export async function* standardInput(): AsyncGenerator<Uint8Array> {
  if (host.stdin.isTerminal()) {
    sayFolded("Type the message. End it with Ctrl-D on a line of its own");
  }
  yield* pieces(host.stdin, "standard input");
}

/**
 * Opens attachments: `FILE`, or `-:NAME` for standard input. Each is added to `opened` as it opens.
 * @throws {MailError} `no_input`, `usage`; `malformed` for a name with a line break
 */
export async function openAttachment(
  argument: string,
  opened: DisposableStack,
): Promise<InputAttachment> {
  if (argument === "-") {
    throw new MailError("usage", "Cannot attach stdin without a name: write -:NAME");
  }
  if (argument.startsWith("-:")) return attachment(argument.slice(2), standardInput(), null);
  const { content, size } = opened.use(await openInput(argument));
  return attachment(argument, content, size);
}

/** Tells whether an argument of `--attach` means standard input. */
export function isStandardInput(argument: string): boolean {
  return argument.startsWith("-:");
}

function attachment(path: string, content: Content, size: number | null): InputAttachment {
  const name = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  if (name === "") throw new MailError("usage", `Cannot attach "${path}": it has no name`);
  if (/[\r\n\0]/.test(name)) {
    throw new MailError("malformed", `Cannot attach "${path}": its name has a line break`, {
      hint: "Use `--attach -:NAME < FILE` to give it another name.",
    });
  }
  return { name, type: mediaType(name), size, content };
}

async function tryOpen(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new MailError("no_input", `Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

async function* pieces(
  source: { read(buffer: Uint8Array): Promise<number | null> },
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const buffer = new Uint8Array(limits.chunkBytes);
      const count = await source.read(buffer);
      if (count === null) return;
      yield buffer.subarray(0, count);
    }
  } catch (error) {
    if (error instanceof MailError) throw error;
    throw new MailError("no_input", `Cannot read ${name}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Hands a file on; one that has become shorter since it was opened is an error, for what is sent must not be cut. */
async function* wholeOf(
  source: AsyncIterable<Uint8Array>,
  path: string,
  size: number,
): AsyncGenerator<Uint8Array> {
  const counter = new ByteCounter();
  yield* counter.pass(source);
  if (counter.bytes < size) {
    throw new MailError("no_input", `Cannot read ${path}: it became shorter while it was read`);
  }
}
