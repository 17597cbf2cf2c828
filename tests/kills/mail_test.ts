import { mailRows } from "./mail.ts";
import { testRows } from "./rounds.ts";

testRows("mail", mailRows);
