import { accountRows } from "./account.ts";
import { testRows } from "./rounds.ts";

testRows("accounts and keys", accountRows);
