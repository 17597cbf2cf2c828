/** The documents for people, README.md and docs/, as the tests read them. */

const root = new URL("../../", import.meta.url).pathname;

/** Paths of the pages in docs/, from the project's root. */
export const pages: readonly string[] = [...Deno.readDirSync(`${root}docs`)]
  .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`).sort();

/** README.md, and all pages. */
export const documents: readonly string[] = ["README.md", ...pages];

/** Reads a document. */
export function readDocument(file: string): string {
  return Deno.readTextFileSync(root + file);
}

/** What is typed in a document, and what it prints: all of its console blocks, one after the other. */
export function sessionOf(file: string): string {
  return [...readDocument(file).matchAll(/^```console\n([\s\S]*?)^```$/gm)]
    .map(([, block]) => block).join("");
}

/** Where the links and pictures of a document lead, but for those into the web. */
export function linksOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  const targets = prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g);
  return [...targets].map(([, link, source]) => link ?? source!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a document's headings, as GitHub and Forgejo name them. */
export function anchorsOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}

/** Names the links of a document that lead nowhere. `read` gives the text of a file, null where there is none. */
export function brokenLinks(file: string, read: (file: string) => string | null): string[] {
  return linksOf(read(file) ?? "").filter((link) => {
    const { pathname, hash } = new URL(link, `file:///${file}`);
    const text = read(pathname.slice(1));
    if (text === null) return true;
    return hash !== "" && !anchorsOf(text).includes(decodeURIComponent(hash.slice(1)));
  });
}
