import { adminRows } from "./admin.ts";
import { testRows } from "./rounds.ts";

testRows("administration", adminRows);
