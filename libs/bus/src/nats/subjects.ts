/** `_INBOX.<name>.<instance>`: where everything aimed at one process arrives, told apart by what follows. */
export const inboxOf = (name: string, instance: string): string => `_INBOX.${name}.${instance}`;

/** Who asked, read from the reply subject `_INBOX.<name>.<instance>.<id>.<secret>`. */
export const askerOf = (replySubject: string): { name: string; instance: string; inbox: string; id: string } => {
  const [, name = '', instance = '', id = ''] = replySubject.split('.');
  return { name, instance, inbox: inboxOf(name, instance), id };
};

export const cancelSubject = (owner: string, askId: string): string =>
  `switchyard.v1.sig.${owner}.call.cancel.${askId}`;

export const creditSubject = (owner: string, instance: string): string =>
  `switchyard.v1.sig.${owner}.call.credit.${instance}`;

export const fetchSubject = (name: string): string => `switchyard.v1.sig.${name}.message.fetch`;
