import { filingRows } from "./filing.ts";
import { testRows } from "./rounds.ts";

testRows("folders and flags", filingRows);
