/** Preloaded into a program whose end matters to a test, and not how it stretches the password of a test account. */
import { rememberArgon2id } from "./argon2id_memo.ts";

rememberArgon2id(Deno.env.get("MAILCTL_TEST_STRETCHED"));
