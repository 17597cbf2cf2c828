/** The page `mailctl help security`. It promises nothing that the README does not. */

export const securityText = `SECURITY

Kept from others
  the network           all that is said, not when and how much: TLS 1.3, and a
                        sealed session inside it
  a stolen database     bodies, subjects, file names, contacts, passwords; a guess
                        at a password costs one run of Argon2id (64 MiB)
  a hostile server      the same; nor can it forge mail, or swap the key of
                        somebody you know, without your seeing it
  another account       your mailbox
  hostile mail          your terminal, your shell, your files and your browser

Not kept from the server
  who wrote to whom, when, and how much; what you read, and that you gave a
  receipt; when mail is due, expires or burns; whose keys you ask for. It can also
  withhold mail and receipts.

Not sealed
  Mail that sendmail keeps on this machine until it can reach the server: it is
  in the clear, in a folder that only you and root can read.
  Mail that programs and the world bring to a server by SMTP (\`serve --smtp\`):
  the server has it in the clear until it has sealed it, which it does before it
  keeps anything. Nobody signed it: it is shown as unsigned.

What you have to do
  Compare fingerprints once, by another way: the server's (\`mailctl serve\` prints
  it, \`mailctl ping\` shows it) and a correspondent's (\`mailctl verify NAME\`).
  Before that, a hostile server could have given you its own keys;
  \`send --require-verified\` sends to nobody whose key was not compared.
  Where a key changed, ask its owner before \`mailctl trust NAME\`.
  Keep the password: nobody can reset it, unless \`mailctl account recovery\`
  made a code before; whoever has that code has the account.

Receipts
  Reading gives the sender a receipt that you sign, and that can be shown to
  others; the bridge gives none, nor do --no-receipt and \`receipts = no\` in the
  settings: then the server tells the sender nothing either. Nobody but you can
  make one: sent shows "read" only where it holds by your key. Mail sent with
  --expires comes back unread, and the body of mail sent with --burn goes from its
  sender's own copy too, so that the sender may conclude that it was read.

What the signature column says
  verified   it holds, by a key that you compared
  signed     it holds, by the key known for this sender
  unknown    it holds, by a key not seen before
  changed    it holds, but by another key than the known one, which did not name
             it as its successor; status 81
  invalid    it does not hold; status 82, and the body is not shown
and where no account signed as the author
  imported   you signed that you brought it in, and nobody who wrote it
  unsigned   it came to the server by SMTP
  notice     the server's word: what you sent came back, or old mail will go
`;
