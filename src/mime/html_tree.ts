/** HTML as a browser takes it apart. */
import { defaultTreeAdapter, type DefaultTreeAdapterTypes, parse } from "parse5";
import { MailError } from "../model/errors.ts";

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

/** Parses a page. @throws {MailError} `too_large` for more than `maxElements` */
export function parseTree(
  source: string,
  { withScripts, maxElements }: TreeOptions,
): DefaultTreeAdapterTypes.Document {
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
  return parse(source, { treeAdapter, scriptingEnabled: withScripts });
}
