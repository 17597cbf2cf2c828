/** A person who has a second machine. */
import type { Person, Stage } from "./person.ts";

/** Another machine of a person: it has the saved login that is there now. */
export function secondMachine(stage: Stage, person: Person): Person {
  const home = stage.home(`second of ${person.name}`);
  const [from, to] = [person.home, home].map(({ folder }) => `${folder}/home/.local/state/mailctl`);
  Deno.mkdirSync(to!, { recursive: true, mode: 0o700 });
  for (const name of ["logins.json", "known_servers"]) {
    Deno.writeFileSync(`${to}/${name}`, Deno.readFileSync(`${from}/${name}`), { mode: 0o600 });
  }
  home.env["MAILCTL_SERVER"] = person.home.env["MAILCTL_SERVER"]!;
  return Object.assign(Object.create(Object.getPrototypeOf(person)), { name: person.name, home });
}
