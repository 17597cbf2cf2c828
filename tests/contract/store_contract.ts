/** Every promise of `Store` and its subjects, each to be tried on a fresh store. A back end keeps them all. */

import type { Promises } from "../support/store_samples.ts";
import { accountPromises } from "./store_contract_accounts.ts";
import { aliasPromises } from "./store_contract_aliases.ts";
import { appPasswordPromises } from "./store_contract_app_passwords.ts";
import { appendPromises } from "./store_contract_append.ts";
import { blockingPromises } from "./store_contract_blocking.ts";
import { bodyPromises } from "./store_contract_bodies.ts";
import { bouncePromises } from "./store_contract_bounce.ts";
import { burnPromises } from "./store_contract_burn.ts";
import { credentialPromises } from "./store_contract_credentials.ts";
import { devicePromises } from "./store_contract_devices.ts";
import { epochPromises } from "./store_contract_epoch.ts";
import { failedLoginPromises } from "./store_contract_failed_logins.ts";
import { filingPromises } from "./store_contract_filing.ts";
import { heldPromises } from "./store_contract_held.ts";
import { inboundPromises } from "./store_contract_inbound.ts";
import { keyringPromises } from "./store_contract_keyring.ts";
import { mailboxPromises } from "./store_contract_mailbox.ts";
import { outlinePromises } from "./store_contract_outlines.ts";
import { peoplePromises } from "./store_contract_people.ts";
import { requestPromises } from "./store_contract_requests.ts";
import { retentionPromises } from "./store_contract_retention.ts";
import { sendPromises } from "./store_contract_send.ts";
import { sharePromises } from "./store_contract_shares.ts";
import { termPromises } from "./store_contract_terms.ts";
import { watchPromises } from "./store_contract_watch.ts";

export const storeContract: Promises = {
  ...accountPromises,
  ...aliasPromises,
  ...credentialPromises,
  ...appPasswordPromises,
  ...epochPromises,
  ...termPromises,
  ...requestPromises,
  ...devicePromises,
  ...failedLoginPromises,
  ...keyringPromises,
  ...sendPromises,
  ...inboundPromises,
  ...appendPromises,
  ...bodyPromises,
  ...mailboxPromises,
  ...filingPromises,
  ...outlinePromises,
  ...watchPromises,
  ...peoplePromises,
  ...sharePromises,
  ...blockingPromises,
  ...bouncePromises,
  ...retentionPromises,
  ...heldPromises,
  ...burnPromises,
};
