/**
 * Databases for hundreds of small cases. Making tables takes longer than most cases do, and so does making connections:
 * so a database is emptied behind each case, and PgBouncer lends connections that are there, one to a session.
 */
import { areInstalled } from "./installed.ts";
import { Pooler } from "./pooler.ts";
import { cluster, type Database, freshDatabase, type Session } from "./postgres.ts";
import { through } from "./relay.ts";

/** All but whose store it is, and the rows that a migration puts there: their ids are 0. */
const clearing = `
  SET session_replication_role = replica; -- foreign keys ask for no order
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'meta' LOOP
      EXECUTE format('DELETE FROM %I', name) ||
        CASE WHEN name IN ('account', 'message') THEN ' WHERE id > 0' ELSE '' END;
    END LOOP;
  END $$;
  SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'`;

interface Emptied {
  readonly url: string;
  readonly name: string;
  readonly session: Session;
}

/** Those that nobody has. */
const idle: Emptied[] = [];

let pooler: Promise<Pooler> | undefined;

/** A database for a store that others of the same domain had before: no row is left, and the tables are there. */
export async function emptiedDatabase(): Promise<Database> {
  const database = idle.pop() ?? await makeDatabase();
  const empty = async () => {
    await database.session.ask(clearing);
    idle.push(database);
  };
  return { url: database.url, name: database.name, [Symbol.asyncDispose]: empty };
}

async function makeDatabase(): Promise<Emptied> {
  const [at, { url, name }] = [await cluster(), await freshDatabase()];
  const session = await at.session(name);
  if (!areInstalled("pgbouncer")) return { url, name, session };
  return { name, url: through(url, await (pooler ??= Pooler.start(at.port, "session"))), session };
}
