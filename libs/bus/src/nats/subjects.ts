/** `_INBOX.<name>.<instance>`: where everything aimed at one process arrives, told apart by what follows. */
export const inboxOf = (name: string, instance: string): string => `_INBOX.${name}.${instance}`;

/** Who asked, read from the reply subject `_INBOX.<name>.<instance>.<id>.<secret>`. */
export const askerOf = (replySubject: string): { name: string; instance: string; inbox: string; id: string } => {
  const [, name = '', instance = '', id = ''] = replySubject.split('.');
  return { name, instance, inbox: inboxOf(name, instance), id };
};

/** The inbox that a reply subject `<inbox>.<id>.<secret>` lies in. */
export const inboxIn = (replySubject: string): string =>
  replySubject.slice(0, replySubject.lastIndexOf('.', replySubject.lastIndexOf('.') - 1));

/** Whose inbox `_INBOX.<name>.<instance>` is. */
export const peerOf = (inbox: string): { name: string; instance: string } => {
  const [, name = '', instance = ''] = inbox.split('.');
  return { name, instance };
};

/** Where an asker sends its clock. The broker uses it too, to say that the asker is not there. */
export const clockReply = (inbox: string, { name, instance }: { name: string; instance: string }): string =>
  `${inbox}.clock.${name}.${instance}`;

/** All instances of an owner hear of it. */
export const recallSubject = (owner: string, asker: string): string =>
  `switchyard.v1.sig.${owner}.call.recall.${asker}`;

export const cancelSubject = (owner: string, askId: string): string =>
  `switchyard.v1.sig.${owner}.call.cancel.${askId}`;

export const creditSubject = (owner: string, instance: string): string =>
  `switchyard.v1.sig.${owner}.call.credit.${instance}`;

export const fetchSubject = (name: string): string => `switchyard.v1.sig.${name}.message.fetch`;
