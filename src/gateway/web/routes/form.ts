/** Bodies of requests, bounded before they are read, and given up where they do not come. */
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { bestEffort } from "../../../model/promises.ts";
import { inTime } from "../../../net/deadline.ts";

/** Reads a form of at most so many bytes. @throws {MailError} `too_large`, `timed_out`, `malformed` */
export async function readForm(request: Request, most: number): Promise<FormData> {
  checkLength(request, most);
  const type = request.headers.get("content-type") ?? "";
  const body = ReadableStream.from(readBody(request, most));
  try {
    return await new Response(body, { headers: { "content-type": type } }).formData();
  } catch (cause) {
    if (cause instanceof MailError) throw cause;
    throw new MailError("malformed", "Cannot read the form", { cause });
  }
}

/** Hands out a body; `waitMs` is what its next piece may take. @throws {MailError} `too_large`, `timed_out` */
export async function* readBody(
  request: Request,
  most: number,
  waitMs: number = limits.pageBodyTimeoutMs,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  checkLength(request, most);
  if (request.body === null) return;
  const reader = request.body.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { value, done } = await inTime(reader.read(), waitMs).catch(unread);
      if (done) return;
      bytes += value.length;
      if (bytes > most) throw tooLarge(most);
      yield value;
    }
  } finally {
    bestEffort(reader.cancel()); // what is left of the form is not read
  }
}

/** The text of a field, or nothing. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.replaceAll("\r\n", "\n") : "";
}

function checkLength(request: Request, most: number): void {
  if (Number(request.headers.get("content-length") ?? 0) > most) {
    throw tooLarge(most);
  }
}

function unread(error: unknown): never {
  if (error instanceof Deno.errors.TimedOut) {
    throw new MailError("timed_out", "Cannot wait any longer for the rest of the request");
  }
  const message = "Cannot read the request: the browser closed the connection";
  throw new MailError("malformed", message, { cause: error });
}

function tooLarge(most: number): MailError {
  return new MailError("too_large", `Cannot accept a form of more than ${most} bytes`);
}
