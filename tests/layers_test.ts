/** Who may import whom: the map in main.ts, rooms and circles, checked over every file, and seen to fail. */
import assert from "node:assert/strict";

const map = await Deno.readTextFile(new URL("../main.ts", import.meta.url));

/** Folder of src -> what it may import of ours, besides itself: the rows of the map, from the lowest up. */
const allowed = new Map<string, readonly string[]>();
for (const [, folder, row] of map.matchAll(/^ \* {3}src\/(\w+)\/ +(.+)$/gm)) {
  const words = row!.split(/ {2,}/).at(-1)!.split(" ");
  const others = [...allowed.keys()].filter((above) => !words.includes(above));
  allowed.set(folder!, words[0] === "all" ? others : words.filter((word) => allowed.has(word)));
}

/** The rooms of client, from the highest down. */
const [, roomList = ""] = /The rooms of client, [^:]+: ([^.]+)\./.exec(map) ?? [];
const clientRooms = roomList.split(/[,\s*]+/);

/** Single files that only some folders may import. */
const fenced: readonly { readonly file: string; readonly by: readonly string[] }[] = [
  { file: "src/store/open.ts", by: ["store", "cli"] },
];

/** Rooms of a folder, and what they may not import although their folder may. */
const rooms: readonly { readonly in: RegExp; readonly never: RegExp }[] = [
  // The server's side never holds a user's keys; the user's side never links the server.
  { in: /^gateway\/reception\//, never: /^client\// },
  { in: /^gateway\/(bridge|pop3|imap|presentation|web)\//, never: /^service\// },
  // What is spoken, and in which order, knows neither a mailbox nor a server.
  { in: /^gateway\/smtp\//, never: /^(client|service)\// },
  { in: /^gateway\/(pop3|imap)\/(codec|commands|session)(\.ts$|\/)/, never: /^(client|service)\// },
  // What a mail program may see is the same for each protocol.
  { in: /^gateway\/presentation\//, never: /^gateway\/(?!presentation\/)/ },
  // Back ends are exchangeable.
  { in: /^store\/sqlite\//, never: /^store\/(memory|postgres)\// },
  { in: /^store\/memory\//, never: /^store\/(sqlite|postgres)\// },
  { in: /^store\/postgres\//, never: /^store\/(sqlite|memory)\// },
  { in: /^client\/connection\//, never: /^client\/[^/]+\// },
  { in: /^client\/reading\//, never: /^client\/sending\// },
];

/** Folders that know no socket, no file and no clock. */
const pure = ["model", "wire", "mime", "session", "service"];
const impure =
  /\bDeno\.|\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|performance\.now/;

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Names every import that the tables forbid. */
function violations(imports: readonly Import[]): string[] {
  return imports.filter((each) => !isAllowed(each) || !isAllowedInRoom(each))
    .map(({ from, to }) => `${from} must not import ${to}`);
}

function isAllowed({ from, to }: Import): boolean {
  const [, importer = ""] = from.split("/");
  const [, imported = ""] = to.split("/");
  const fence = fenced.find(({ file }) => file === to);
  return (importer === imported || (allowed.get(importer)?.includes(imported) ?? false)) &&
    (fence === undefined || fence.by.includes(importer));
}

function isAllowedInRoom({ from, to }: Import): boolean {
  const [importer, imported] = [from, to].map((path) => path.replace(/^src\//, "")) as [
    string,
    string,
  ];
  const folder = importer.slice(0, importer.lastIndexOf("/") + 1);
  return imported.startsWith(folder) ||
    !rooms.some((room) => room.in.test(importer) && room.never.test(imported));
}

/** Names every set of files that import one another, by Tarjan's algorithm. Types and lazy imports count as well. */
function circles(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const index = lowest.size;
    const at = open.push(file) - 1;
    lowest.set(file, index);
    let low = index;
    for (const { to } of targets.get(file) ?? []) {
      if (!lowest.has(to)) low = Math.min(low, visit(to));
      else if (open.includes(to)) low = Math.min(low, lowest.get(to)!);
    }
    lowest.set(file, low);
    if (low < index) return low;
    const circle = open.splice(at).sort();
    if (circle.length > 1) found.push(circle);
    return low;
  };
  for (const file of targets.keys()) if (!lowest.has(file)) visit(file);
  return found;
}

async function sourceFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await sourceFiles(`${folder}/${name}`));
    else if (/\.tsx?$/.test(name)) found.push(`${folder}/${name}`);
  }
  return found;
}

/** Reads the imports of our modules in one file, static and dynamic, as paths from the project's root. */
function importsOf(file: string, text: string): Import[] {
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.tsx?)"/g);
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

Deno.test("a room of client loads at once only rooms that the map has below it", async () => {
  const sources = await readSources();
  const roomOf = (path: string) => /^src\/client\/(\w+)\//.exec(path)?.[1] ?? null;
  const rooms = new Set([...sources.keys()].map(roomOf).filter((room) => room !== null));
  assert.deepEqual(clientRooms.toSorted(), [...rooms].sort());
  const atOnce = (text: string) => text.replace(/^import type [^;]+;|\bimport\(/gm, "");
  const upward = [...sources].flatMap(([file, text]) => importsOf(file, atOnce(text)))
    .filter(({ from, to }) => {
      const [above, below] = [from, to].map((path) => clientRooms.indexOf(roomOf(path) ?? ""));
      return below! >= 0 && below! < above!;
    });
  assert.deepEqual(upward, []);
});

Deno.test("no files import one another in a circle", async () => {
  const sources = await readSources();
  const found = circles([...sources].flatMap(([file, text]) => importsOf(file, text)));
  assert.deepEqual(found, []);
});

const plantedCircles: readonly (readonly [what: string, imports: string, circles: string[][]])[] = [
  ["two files", "a>b b>a", [["a", "b"]]],
  ["three files beside a chain", "a>b b>c c>a c>d d>e", [["a", "b", "c"]]],
  ["two circles that meet in an arrow", "a>b b>a b>c c>d d>c", [["c", "d"], ["a", "b"]]],
  ["no circle: two ways to one file", "a>b a>c b>d c>d", []],
];

for (const [what, arrows, expected] of plantedCircles) {
  Deno.test(`a planted circle is found: ${what}`, () => {
    const imports = arrows.split(" ").map((arrow) => arrow.split(">"))
      .map(([from, to]) => ({ from: from!, to: to! }));
    assert.deepEqual(circles(imports), expected);
  });
}

/** Names every import of a back end of the store but the lazy ones of the file that opens them. */
function earlyBackEnds(file: string, text: string): string[] {
  const isRoom = /^src\/store\/(sqlite|memory|postgres)\//;
  const outside = isRoom.test(file)
    ? []
    : importsOf(file, text).filter(({ to }) => isRoom.test(to));
  if (file !== "src/store/open.ts") return outside.map(({ to }) => `${file} must not import ${to}`);
  return importsOf(file, text.replaceAll(/import\(\s*"[^"]*"\s*\)/g, ""))
    .filter(({ to }) => isRoom.test(to)).map(({ to }) => `${file} must import ${to} lazily`);
}

Deno.test("only store/open.ts imports a back end, when it opens one", async () => {
  const sources = await readSources();
  assert.deepEqual([...sources].flatMap(([file, text]) => earlyBackEnds(file, text)), []);
});

for (
  const [file, text, found] of [
    ["src/cli/run.ts", 'await import("../store/sqlite/backup/backup.ts")', [
      "src/cli/run.ts must not import src/store/sqlite/backup/backup.ts",
    ]],
    ["src/store/open.ts", 'import { openMemory } from "./memory/memory.ts";', [
      "src/store/open.ts must import src/store/memory/memory.ts lazily",
    ]],
    ["src/store/open.ts", 'await import("./memory/memory.ts")', []],
    ["src/store/memory/send.ts", 'import { part } from "./part.ts";', []],
  ] as const
) {
  Deno.test(`a back end imported in ${file}: ${text.slice(0, 12)} ${found.length} times too early`, () => {
    assert.deepEqual(earlyBackEnds(file, text), found);
  });
}

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

Deno.test("only files sealed with a passphrase load the age package: mail is sealed by src/crypto/age", async () => {
  const loading = [...await readSources()].filter(([, text]) =>
    withoutComments(text).includes('"age-encryption"')
  );
  assert.deepEqual(loading.map(([file]) => file), ["src/crypto/account/passphrase.ts"]);
});

Deno.test("only one file loads the driver of PostgreSQL: what it exports is for its own folder", async () => {
  const loading = [...await readSources()].filter(([, text]) => /(from|import\() ?"pg"/.test(text));
  assert.deepEqual(loading.map(([file]) => file), ["src/store/postgres/driver.ts"]);
});

const planted: readonly (readonly [string, string])[] = [
  ["src/client/mailbox.ts", "src/server/serve.ts"],
  ["src/server/handlers.ts", "src/client/connection/client.ts"],
  ["src/model/limits.ts", "src/wire/frame.ts"],
  ["src/session/state.ts", "src/net/dial.ts"],
  ["src/server/serve.ts", "src/store/open.ts"],
  ["src/gateway/app.tsx", "src/cli/terminal/output.ts"],
  ["src/gateway/app.tsx", "src/server/serve.ts"],
  ["src/gateway/reception/reception.ts", "src/client/mailbox.ts"],
  ["src/gateway/web/app.tsx", "src/service/accounts.ts"],
  ["src/gateway/smtp/session.ts", "src/client/mailbox.ts"],
  ["src/gateway/pop3/session.ts", "src/client/mailbox.ts"],
  ["src/gateway/imap/commands/fetch.ts", "src/client/mailbox.ts"],
  ["src/gateway/presentation/presented_mailbox.ts", "src/gateway/pop3/session.ts"],
  ["src/store/memory/send.ts", "src/store/sqlite/send.ts"],
  ["src/store/sqlite/send.ts", "src/store/memory/send.ts"],
  ["src/store/postgres/send.ts", "src/store/sqlite/send.ts"],
  ["src/client/connection/client.ts", "src/client/account/log_in.ts"],
  ["src/client/reading/entry.ts", "src/client/sending/send.ts"],
];

for (const [from, to] of planted) {
  Deno.test(`a planted import of ${to} in ${from} is found`, () => {
    const text = `import { x } from "${"../".repeat(from.split("/").length - 1)}${to}";`;
    assert.deepEqual(violations(importsOf(from, text)), [`${from} must not import ${to}`]);
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
