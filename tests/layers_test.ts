/** Who may import whom: the table of the header of main.ts, checked over every file, and seen to fail. */
import assert from "node:assert/strict";

/** Folder of src -> what it may import of ours, besides itself. `cli` may import all. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  model: [],
  wire: ["model"],
  mime: ["model"],
  crypto: ["model", "wire"],
  net: ["model"],
  store: ["model"],
  session: ["model", "wire", "crypto"],
  service: ["model", "store", "crypto", "wire"],
  server: ["model", "wire", "crypto", "session", "service", "store", "net"],
  client: ["model", "wire", "crypto", "session", "net", "mime"],
  gateway: ["model", "crypto", "mime", "client", "service", "net"],
  cli: [
    "model",
    "wire",
    "mime",
    "crypto",
    "net",
    "store",
    "session",
    "service",
    "server",
    "client",
    "gateway",
  ],
};

/** Single files that only some folders may import. */
const fenced: readonly { readonly file: string; readonly by: readonly string[] }[] = [
  { file: "src/store/open.ts", by: ["store", "cli"] },
];

/** Folders that know no socket, no file and no clock. */
const pure = ["model", "wire", "mime", "session", "service"];
const impure =
  /\bDeno\.|\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|performance\.now/;

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Names every import that the table forbids. */
function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const [, importer = ""] = from.split("/");
    const [, imported = ""] = to.split("/");
    const fence = fenced.find(({ file }) => file === to);
    const open = importer === imported || allowed[importer]?.includes(imported);
    return open && (fence === undefined || fence.by.includes(importer))
      ? []
      : [`${from} must not import ${to}`];
  });
}

async function sourceFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await sourceFiles(`${folder}/${name}`));
    else if (/\.tsx?$/.test(name)) found.push(`${folder}/${name}`);
  }
  return found;
}

/** Reads the imports of ours in one file, static and dynamic, as paths from the project's root. */
function importsOf(file: string, text: string): Import[] {
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g);
  return [...specifiers].map(([, specifier]) => ({
    from: file,
    to: new URL(specifier!, `file:///${file}`).pathname.slice(1),
  }));
}

async function readSources(): Promise<Map<string, string>> {
  const root = new URL("../", import.meta.url).pathname;
  const files = await sourceFiles(`${root}src`);
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  return new Map(files.map((file, index) => [file.slice(root.length), texts[index]!]));
}

Deno.test("every folder imports only what its row allows", async () => {
  const sources = await readSources();
  const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
  assert.ok(imports.length > 0, "the imports were not found");
  assert.deepEqual(violations(imports), []);
});

Deno.test("model, wire, mime, session and service know no socket, file or clock", async () => {
  const sources = await readSources();
  const culprits = [...sources].filter(([file, text]) =>
    pure.includes(file.split("/")[1]!) && impure.test(withoutComments(text))
  );
  assert.deepEqual(culprits.map(([file]) => file), []);
});

Deno.test("nothing in src relies on `using`: the bundler's minifier forgets to dispose", async () => {
  const sources = await readSources();
  const culprits = [...sources].filter(([, text]) =>
    /^\s*(?:await )?using \w+ =/m.test(withoutComments(text))
  );
  assert.deepEqual(culprits.map(([file]) => file), []);
});

const planted: readonly (readonly [string, string])[] = [
  ["src/client/mailbox.ts", "src/server/serve.ts"],
  ["src/server/handlers.ts", "src/client/connection/client.ts"],
  ["src/model/limits.ts", "src/wire/frame.ts"],
  ["src/session/state.ts", "src/net/dial.ts"],
  ["src/server/serve.ts", "src/store/open.ts"],
  ["src/gateway/app.tsx", "src/cli/terminal/output.ts"],
  ["src/gateway/app.tsx", "src/server/serve.ts"],
];

for (const [from, to] of planted) {
  Deno.test(`a planted import of ${to} in ${from} is found`, () => {
    const text = `import { x } from "${"../".repeat(2)}${to}";`;
    assert.deepEqual(violations(importsOf(from, text)), [`${from} must not import ${to}`]);
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
