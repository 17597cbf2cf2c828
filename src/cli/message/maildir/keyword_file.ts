/** The file `dovecot-keywords` of a Maildir folder: which keywords the letters a to z stand for in the names of its files. */
import { utf8 } from "../../../model/bytes.ts";
import { foldKeyword } from "../../../model/filing.ts";
import { join } from "../../settings/folders.ts";
import { writeNewFile } from "../new_file.ts";

const fileName = "dovecot-keywords";
const alphabet = "abcdefghijklmnopqrstuvwxyz";
/** Of 26 keywords, with room for any that Dovecot may have and nobody else. */
const maxFileBytes = 64 * 1024;

export class KeywordFile {
  readonly #path: string;
  /** By letter. */
  readonly #keywords: Map<string, string>;

  private constructor(path: string, keywords: Map<string, string>) {
    this.#path = path;
    this.#keywords = keywords;
  }

  /** Reads the file of a folder; where there is none, letters mean nothing yet. */
  static async read(folder: string): Promise<KeywordFile> {
    const path = join(folder, fileName);
    const { isFile, size } = await Deno.lstat(path).catch(() => ({ isFile: false, size: 0 }));
    const text = isFile && size <= maxFileBytes ? await Deno.readTextFile(path) : "";
    const lines = text.split("\n").flatMap((line) => [/^(\d{1,2}) (\S+)$/.exec(line) ?? []]);
    const known = lines.flatMap(([, number, keyword = ""]) => {
      const letter = alphabet[Number(number)];
      return letter === undefined ? [] : [[letter, keyword] as const];
    });
    return new KeywordFile(path, new Map(known));
  }

  /** The keywords that letters stand for. */
  keywordsOf(letters: string): string[] {
    return [...letters].flatMap((letter) => this.#keywords.get(letter) ?? []);
  }

  /** Finds letters for keywords, and writes down those that are new. Returns the keywords, too, that found none. */
  async lettersFor(
    keywords: readonly string[],
  ): Promise<{ readonly letters: string; readonly left: readonly string[] }> {
    const known = this.#keywords.size;
    const found = new Map(keywords.map((keyword) => [keyword, this.#letterOf(keyword)]));
    if (this.#keywords.size > known) await this.#write();
    const left = keywords.filter((keyword) => found.get(keyword) === null);
    return { letters: [...found.values()].join(""), left };
  }

  #letterOf(keyword: string): string | null {
    const wanted = foldKeyword(keyword);
    for (const [letter, known] of this.#keywords) if (foldKeyword(known) === wanted) return letter;
    const free = [...alphabet].find((letter) => !this.#keywords.has(letter));
    if (free !== undefined) this.#keywords.set(free, keyword);
    return free ?? null;
  }

  async #write(): Promise<void> {
    const lines = [...this.#keywords].map(([letter, keyword]) =>
      `${alphabet.indexOf(letter)} ${keyword}\n`
    );
    const content = ReadableStream.from([utf8(lines.sort(byNumber).join(""))]);
    await writeNewFile(this.#path, content, true);
  }
}

function byNumber(a: string, b: string): number {
  return parseInt(a) - parseInt(b);
}
