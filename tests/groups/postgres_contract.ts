import { loadGroup } from "./groups.ts";

await loadGroup("postgres_contract");
