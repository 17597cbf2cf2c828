/**
 * The files of tests in few workers. A worker costs the runtime half a second of processor before its first test, and
 * what a file keeps for its process, such as derived keys, is made again in each. One file still runs alone:
 * `deno test -A tests/unit/net/local_socket_test.ts`.
 */
const folder = new URL("../", import.meta.url).pathname;

/** Group -> the files it is made of, and folders, below tests/. A file is in the group whose path to it is longest. */
export const groups: ReadonlyMap<string, readonly string[]> = new Map([
  ["attacks", ["attacks"]],
  ["contract", ["contract"]],
  ["dialogs", ["dialogs"]],
  ["documents", ["e2e/documents_test.ts"]],
  ["e2e", ["e2e", "interop"]],
  ["e2e_long", [
    "e2e/bounce_test.ts",
    "e2e/crowd_test.ts",
    "e2e/held_test.ts",
    "e2e/import_mail_test.ts",
    "e2e/import_test.ts",
    "e2e/kill_test.ts",
    "e2e/large_test.ts",
    "e2e/life_test.ts",
    "e2e/retention_test.ts",
    "e2e/sendmail_test.ts",
    "e2e/smtp_kill_test.ts",
    "e2e/watch_test.ts",
  ]],
  ["kills", ["kills"]],
  ["mail_programs", [
    "e2e/bridge_clients_test.ts",
    "e2e/imap_screens_test.ts",
    "e2e/imapflow_test.ts",
    "e2e/smtp_clients_test.ts",
    "e2e/thunderbird_imap_test.ts",
    "e2e/thunderbird_test.ts",
  ]],
  ["parts", ["", "fuzz", "gateway", "interop/interop_test.ts", "session"]],
  ["postgres", ["postgres"]],
  ["postgres_contract", [
    "postgres/contract_test.ts",
    "postgres/plans_test.ts", // imports the other two
    "postgres/processes_test.ts",
  ]],
  ["unit", ["unit"]],
  ["web", ["web"]],
  ["web_messages", ["web/messages_test.ts"]],
]);

/** Every file of tests, as a path below tests/. */
export const testFiles: readonly string[] = filesBelow("").sort();

/** The group that a file is in. */
export function groupOf(file: string): string {
  const fits = (path: string) => path === "" || path === file || file.startsWith(`${path}/`);
  const found = [...groups].flatMap(([name, paths]) =>
    paths.filter(fits).map((path) => ({ name, path }))
  );
  return found.toSorted((a, b) => b.path.length - a.path.length)[0]!.name;
}

/** Makes the tests of a group those of the file that calls this. */
export async function loadGroup(name: string): Promise<void> {
  for (const file of testFiles) if (groupOf(file) === name) await import(`../${file}`);
}

function filesBelow(path: string): string[] {
  return [...Deno.readDirSync(folder + path)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return filesBelow(`${path}${name}/`);
    return name.endsWith("_test.ts") ? [path + name] : [];
  });
}
