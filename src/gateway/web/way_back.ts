/** Where a form leads when it is done: to where it was, so that a search, or the middle of a list, is not left for it. */
import type { PageContext } from "./page_context.tsx";

const lists = /^(?:inbox|sent|folder|search)(?:\?|$)/;
const pages = /^(?:inbox|sent|folder|search|message|conversation)(?:\?|$)/;

/** The list that a form was on, or else another place. */
export function listBefore(context: PageContext, otherwise: string): string {
  return wayBack(context, lists, otherwise);
}

/** The page that a form was on, or else another place. */
export function pageBefore(context: PageContext, otherwise: string): string {
  return wayBack(context, pages, otherwise);
}

function wayBack({ req }: PageContext, places: RegExp, otherwise: string): string {
  const [here, from] = [new URL(".", req.url).href, req.header("referer") ?? ""];
  const page = from.startsWith(here) ? from.slice(here.length) : "";
  return places.test(page) ? page : otherwise;
}
