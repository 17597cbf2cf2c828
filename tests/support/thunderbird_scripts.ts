/** What Thunderbird is told to do, in its own words. Its failures are numbers (nsresult), shown as they are. */

/** The program's own modules and the account. */
export const services =
  `const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { incomingServer: incoming } = MailServices.accounts.getAccount("account1");
`;

/** Bodies of functions for `Marionette.run`. */
export const scripts = {
  hasStarted: `return !!window.gMailInit?.delayedStartupFinished;`,

  use: `${services}
    Services.prefs.setIntPref("mail.server.server1.port", args.ports.incoming);
    Services.prefs.setIntPref("mail.server.server1.socketType", args.security);
    Services.prefs.setIntPref("mail.smtpserver.smtp1.port", args.ports.smtp);
    Services.prefs.setIntPref("mail.smtpserver.smtp1.try_ssl", args.security);
    await Services.logins.removeAllLoginsAsync?.();
    for (const scheme of [args.scheme, "smtp"]) {
      const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
      const origin = scheme + "://127.0.0.1";
      login.init(origin, null, origin, incoming.username, args.password, "", "");
      await Services.logins.addLoginAsync(login);
    }
    const known = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
    const exceptions = Cc["@mozilla.org/security/certoverride;1"]
      .getService(Ci.nsICertOverrideService);
    const certificate = known.constructX509FromBase64(args.certificate);
    for (const port of Object.values(args.ports)) {
      exceptions.rememberValidityOverride("127.0.0.1", port, {}, certificate, false);
    }`,

  fetch: `${services}
    incoming.QueryInterface(Ci.nsIPop3IncomingServer).leaveMessagesOnServer = !args.deletes;
    const inbox = incoming.rootFolder.getChildNamed("Inbox");
    const status = await new Promise((resolve) => {
      const listener = {
        QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
        OnStartRunningUrl() {},
        OnStopRunningUrl: (url, status) => resolve(status),
      };
      MailServices.pop3.GetNewMail(null, listener, inbox, incoming);
    });
    if (status !== 0) throw new Error("Getting messages ends with 0x" + (status >>> 0).toString(16));`,

  send: `${services}
    const make = (what, kind) =>
      Cc["@mozilla.org/messengercompose/" + what + ";1"].createInstance(kind);
    const identity = MailServices.accounts.getIdentity("id1");
    const fields = make("composefields", Ci.nsIMsgCompFields);
    fields.from = identity.email;
    fields.to = args.to;
    fields.subject = args.subject;
    const attachment = make("attachment", Ci.nsIMsgAttachment);
    attachment.url = "file://" + args.attachment;
    attachment.name = args.attachment.replace(/.*\\//, "");
    fields.addAttachment(attachment);
    const status = await new Promise((resolve) => {
      const listener = {
        QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
        onStartSending() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {},
        onSendNotPerformed: (id, status) => resolve(status || -1),
        onTransportSecurityError: (id, status) => resolve(status || -1),
        onStopSending: (id, status) => resolve(status),
      };
      make("send", Ci.nsIMsgSend).createAndSendMessage(
        null, identity, "account1", fields, false, false, Ci.nsIMsgSend.nsMsgDeliverNow, null,
        "text/plain", args.text, null, null, listener, "", "", Ci.nsIMsgCompType.New,
      );
    });
    if (status !== 0) throw new Error("Sending ends with 0x" + (status >>> 0).toString(16));`,
} as const;
