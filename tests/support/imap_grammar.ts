/** The grammar of what a server of IMAP says (RFC 9051 9 and the extensions offered), strictly; one character a byte. */
import assert from "node:assert/strict";

const number = /\d+/y;
const nonZero = /[1-9]\d*/y;
const atom = /[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+/y;
const flag = /\\?[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+|\\\*/y;
const quoted = /"(?:[^\r\n"\\\0]|\\["\\])*"/y;
const set = /[1-9]\d*(?::[1-9]\d*)?(?:,[1-9]\d*(?::[1-9]\d*)?)*/y;
const words = /[^\r\n\0]+/y;
const tag = /[!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+/y;
const objectId = /\([A-Za-z0-9_-]{1,255}\)/y;
const date =
  /"[ \d]\d-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"/y;

type Rule = (scan: Scanner) => void;

/** Codes of responses, by what stands behind their names. */
const codes: Readonly<Record<string, Rule | null>> = {
  ALREADYEXISTS: null,
  APPENDUID: (scan) => scan.all(" ", nonZero, " ", nonZero),
  AUTHENTICATIONFAILED: null,
  BADCHARSET: (scan) => scan.all(" ", list(atom)),
  CANNOT: null,
  CAPABILITY: (scan) => scan.many(" ", atom),
  CLOSED: null,
  COPYUID: (scan) => scan.all(" ", nonZero, " ", set, " ", set),
  CORRUPTION: null,
  EXPUNGEISSUED: null,
  HIGHESTMODSEQ: (scan) => scan.all(" ", nonZero),
  INPROGRESS: (scan) => scan.all(" ", /\("[^"]*" (?:\d+|NIL) (?:\d+|NIL)\)/y),
  LIMIT: null,
  MAILBOXID: (scan) => scan.all(" ", objectId),
  MODIFIED: (scan) => scan.all(" ", set),
  NONEXISTENT: null,
  OVERQUOTA: null,
  PERMANENTFLAGS: (scan) => scan.all(" ", list(flag)),
  "READ-ONLY": null,
  "READ-WRITE": null,
  SERVERBUG: null,
  TOOBIG: null,
  TRYCREATE: null,
  UIDNEXT: (scan) => scan.all(" ", nonZero),
  UIDVALIDITY: (scan) => scan.all(" ", nonZero),
  UNAVAILABLE: null,
  "UNKNOWN-CTE": null,
  UNSEEN: (scan) => scan.all(" ", nonZero),
};

const status: Readonly<Record<string, RegExp>> = {
  MESSAGES: number,
  RECENT: number,
  UIDNEXT: nonZero,
  UIDVALIDITY: nonZero,
  UNSEEN: number,
  DELETED: number,
  SIZE: number,
  "DELETED-STORAGE": number,
  HIGHESTMODSEQ: nonZero,
  MAILBOXID: objectId,
  APPENDLIMIT: number,
};

const fetched: readonly (readonly [name: RegExp, value: Rule])[] = [
  [/UID/y, (scan) => scan.all(nonZero)],
  [/FLAGS/y, list(flag)],
  [/INTERNALDATE/y, (scan) => scan.all(date)],
  [/RFC822\.SIZE/y, (scan) => scan.all(number)],
  [/MODSEQ/y, (scan) => scan.all("(", nonZero, ")")],
  [/ENVELOPE/y, (scan) => assert.equal(scan.nested(), 10, "an envelope has ten fields")],
  [/BODYSTRUCTURE|BODY(?!\[)/y, (scan) => void scan.nested()],
  [/(?:EMAILID|THREADID)/y, (scan) => scan.skip("NIL") || scan.all(objectId)],
  [/BINARY\.SIZE\[[\d.]*\]/y, (scan) => scan.all(number)],
  [/(?:BODY|BINARY)\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\](?:<\d+>)?/y, (scan) => scan.nstring()],
  [/RFC822(?:\.HEADER|\.TEXT)?/y, (scan) => scan.nstring()],
];

const untagged: Readonly<Record<string, Rule>> = {
  CAPABILITY: (scan) => scan.many(" ", atom),
  ENABLED: (scan) => scan.many(" ", atom),
  FLAGS: (scan) => scan.all(" ", list(flag)),
  SEARCH: (scan) => {
    scan.many(" ", nonZero);
    if (scan.skip(" (MODSEQ ")) scan.all(nonZero, ")");
  },
  ESEARCH: (scan) => {
    scan.all(' (TAG "', tag, '")');
    scan.skip(" UID");
    while (!scan.isAtEnd) {
      const [name] = scan.take(/ (?:MIN|MAX|ALL|COUNT|MODSEQ) /y);
      scan.all(name === " ALL " ? set : name === " COUNT " ? number : nonZero);
    }
  },
  LIST: (scan) => {
    scan.all(" ", list(flag), ' "/" ');
    scan.string();
    if (scan.skip(' ("CHILDINFO" ')) scan.all(list(quoted), ")");
  },
  LSUB: (scan) => {
    scan.all(" ", list(flag), ' "/" ');
    scan.string();
  },
  STATUS: (scan) => {
    scan.all(" ");
    scan.string();
    scan.all(
      " ",
      list((each) => {
        const [name] = each.take(atom);
        each.all(" ", status[name] ?? assert.fail(`STATUS has no ${name}`));
      }),
    );
  },
  NAMESPACE: (scan) => scan.all(' (("" "/")) NIL NIL'),
  ID: (scan) => scan.all(" ", list(quoted)),
  QUOTA: (scan) => {
    scan.all(" ");
    scan.string();
    scan.all(" ", /\((?:[A-Z-]+ \d+ \d+(?: [A-Z-]+ \d+ \d+)*)?\)/y);
  },
  QUOTAROOT: (scan) => {
    for (let count = 0; count < 2; count++) {
      scan.all(" ");
      scan.string();
    }
  },
  VANISHED: (scan) => {
    scan.skip(" (EARLIER)");
    scan.all(" ", set);
  },
};

/** Fails where a response, without its last CRLF, is none. Literals stand in it. */
export function checkResponse(response: string): void {
  const scan = new Scanner(response);
  try {
    if (scan.skip("+ ")) scan.all(/[^\r\n\0]*/y);
    else if (!scan.skip("* ")) tagged(scan);
    else untaggedResponse(scan);
    assert.ok(scan.isAtEnd, "something is left");
  } catch (error) {
    assert.fail(`${JSON.stringify(response)} at ${scan.at}: ${(error as Error).message}`);
  }
}

function tagged(scan: Scanner): void {
  scan.all(tag, " ", /OK|NO|BAD/y, " ");
  statusText(scan);
}

function untaggedResponse(scan: Scanner): void {
  const count = scan.maybe(number);
  if (count === null) {
    const [name] = scan.take(atom);
    if (/^(?:OK|NO|BAD|BYE|PREAUTH)$/.test(name)) {
      scan.all(" ");
      return statusText(scan);
    }
    return (untagged[name] ?? assert.fail(`there is no response ${name}`))(scan);
  }
  const [kind] = scan.take(/ (?:EXISTS|RECENT|EXPUNGE|FETCH )/y);
  if (kind === " EXPUNGE" || kind === " FETCH ") assert.notEqual(count[0], "0");
  if (kind === " FETCH ") list(fetchItem)(scan);
}

function fetchItem(scan: Scanner): void {
  for (const [name, value] of fetched) {
    if (scan.maybe(name) === null) continue;
    scan.all(" ");
    return value(scan);
  }
  assert.fail("there is no such item of FETCH");
}

function statusText(scan: Scanner): void {
  if (scan.skip("[")) {
    const [name] = scan.take(/[A-Z-]+/y);
    assert.ok(Object.hasOwn(codes, name), `there is no code ${name}`);
    codes[name]?.(scan);
    scan.all("] ");
  }
  scan.all(words);
}

/** Items in brackets, or none. */
function list(item: RegExp | Rule): Rule {
  return (scan) => {
    scan.all("(");
    if (scan.skip(")")) return;
    do {
      if (item instanceof RegExp) scan.all(item);
      else item(scan);
    } while (scan.skip(" "));
    scan.all(")");
  };
}

class Scanner {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.at === this.#text.length;
  }

  skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  maybe(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.#text);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  take(expression: RegExp): RegExpExecArray {
    return this.maybe(expression) ?? assert.fail(`${expression} was wanted`);
  }

  all(...wanted: readonly (RegExp | string | Rule)[]): void {
    for (const each of wanted) {
      if (typeof each === "string") assert.ok(this.skip(each), `"${each}" was wanted`);
      else if (each instanceof RegExp) this.take(each);
      else each(this);
    }
  }

  many(before: string, item: RegExp): void {
    while (this.#text.startsWith(before, this.at)) {
      const start = this.at;
      this.at += before.length;
      if (this.maybe(item) === null) return void (this.at = start);
    }
  }

  string(): void {
    if (this.maybe(quoted) !== null) return;
    const [, bytes] = this.take(/~?\{(\d+)\}\r\n/y);
    this.at += Number(bytes);
    assert.ok(this.at <= this.#text.length, "the literal is short");
  }

  nstring(): void {
    if (!this.skip("NIL")) this.string();
  }

  /** A list of strings, numbers and lists, which may stand without a blank between two lists; how many are in it. */
  nested(): number {
    this.all("(");
    let count = 0;
    while (!this.skip(")")) {
      if (count > 0 && this.#text[this.at] !== "(") this.all(" ");
      else if (count > 0) this.skip(" ");
      count++;
      if (this.#text[this.at] === "(") this.nested();
      else if (this.maybe(number) === null) this.nstring();
    }
    return count;
  }
}
