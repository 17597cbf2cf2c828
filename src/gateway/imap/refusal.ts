/** What an IMAP client is told that does not get what it wants: RFC 9051 7.1 and RFC 5530. */

/** The client broke the grammar, or said it in the wrong state: BAD. */
export class Bad extends Error {}

/** Understood, and not done: NO. `code` is a response code without its brackets, such as `CANNOT`. */
export class No extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null = null) {
    super(message);
    this.code = code;
  }
}

/** The middle of a literal is all that was said: nothing can be told any more but by closing. */
export class CutShort extends Error {}
