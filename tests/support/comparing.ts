/** People who compare keys, at their terminals, and a server that gives them others. */
import { type Lies, madeUpKeys } from "./hostile_server.ts";
import type { Person } from "./person.ts";
import { Terminal } from "./program_terminal.ts";

type Keys = Awaited<ReturnType<typeof madeUpKeys>>;

/** Says that these are everybody's keys. */
export function givesKeys(keys: Keys): Lies {
  return { findKeys: () => (names) => Promise.resolve(names.map(() => keys)) };
}

interface ContactJson {
  readonly address: string;
  readonly state: string;
  readonly fingerprint: string;
}

/** Lists whose keys a person has pinned. */
export async function contactsOf(person: Person): Promise<ContactJson[]> {
  return JSON.parse((await person.do(["contacts", "--json"])).out).contacts;
}

/** Finds one of them by its name. */
export async function contactOf(person: Person, name: string): Promise<ContactJson | undefined> {
  return (await contactsOf(person)).find(({ address }) => address === `${name}@mail.test`);
}

/** The addresses and digits on a screen, as they stand there. */
export function pairOn(screen: string): string[] {
  return screen.split("\r\n").filter((line) => /^(\S+@\S+|( +\d{5}){4})$/.test(line));
}

/** Runs a command at a terminal up to its question; then `meanwhile`, the answer, and the end. */
export async function answered(
  person: Person,
  line: string,
  answer: "yes" | "no",
  meanwhile: (end: () => Promise<number>) => Promise<number> = (end) => end(),
): Promise<{ screen: string; status: number }> {
  await using terminal = Terminal.open(person.home, line);
  await terminal.sees("[yes/no] ");
  const status = await meanwhile(async () => {
    await terminal.types(`${answer}\r`);
    return await terminal.ends();
  });
  return { screen: terminal.screen, status };
}
