import type { MailMessage } from "../../folders/mail_folders.ts";

/** A message, and which of its folder it is as a session was told. */
export interface SequencedMessage {
  readonly message: MailMessage;
  /** From 1. */
  readonly sequence: number;
  /** RFC 3501 2.3.2; absent: no. */
  readonly isRecent?: boolean | undefined;
}
