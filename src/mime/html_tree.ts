/** HTML as a browser takes it apart. */
import { defaultTreeAdapter, type DefaultTreeAdapterTypes, Parser } from "parse5";
import { MailError } from "../model/errors.ts";
import { letOthersIn } from "../model/promises.ts";

/** An attribute of an element; undefined: it has none of this name. */
export function attribute(
  { attrs }: DefaultTreeAdapterTypes.Element,
  name: string,
): string | undefined {
  return attrs.find((each) => each.name === name)?.value;
}

export interface TreeOptions {
  /** As a browser parses that runs scripts: to it the content of `noscript` is no HTML. */
  readonly withScripts: boolean;
  /** Some kilobytes of tags that are never closed can ask a parser for millions. */
  readonly maxElements: number;
}

/** Parsed at a time: 1 MiB of tags takes half a second. */
const pieceCharacters = 16 * 1024;

/** Parses a page. @throws {MailError} `too_large` for more than `maxElements` */
export async function parseTree(
  source: string,
  { withScripts, maxElements }: TreeOptions,
): Promise<DefaultTreeAdapterTypes.Document> {
  let count = 0;
  const treeAdapter: typeof defaultTreeAdapter = {
    ...defaultTreeAdapter,
    createElement(...args) {
      if (++count <= maxElements) return defaultTreeAdapter.createElement(...args);
      throw new MailError(
        "too_large",
        `Cannot show this HTML: it has more than ${maxElements} elements`,
      );
    },
  };
  const parser = new Parser({ treeAdapter, scriptingEnabled: withScripts });
  for (let at = 0; at < source.length; at += pieceCharacters) {
    if (at > 0) await letOthersIn();
    parser.tokenizer.write(source.slice(at, at + pieceCharacters), false);
  }
  parser.tokenizer.write("", true);
  return parser.document;
}
