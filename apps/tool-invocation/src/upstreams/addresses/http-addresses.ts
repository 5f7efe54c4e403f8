import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import type { Logger } from '#libs/telemetry';
import { AddressChecks, type Look } from '../../conversation/address-checks.js';
import { AddressBook } from '../../transport/addresses/address-book.js';
import { answerOf } from '../../transport/http-api/answer-of.js';
import type { HttpApiSender } from '../../transport/http-api/sender.js';
import type { EgressPolicy } from '../../transport/egress/egress-policy.js';
import { AWAY, refusalOf } from '../../transport/http/refusal.js';
import { placesOf, telling } from './several-addresses.js';

/** The addresses of what is no MCP server, by their URLs. Throws `upstream.refused` where one of them may not be reached from here. */
export const urlBook = (
  profile: UpstreamProfile,
  egress: EgressPolicy,
  logger: Logger,
  lineOf: (url: string) => string = (url) => url,
): AddressBook<string> => {
  const lines = placesOf(profile).map((place) => {
    egress.parse(place.url);
    return { ...place, line: lineOf(place.url) };
  });
  return new AddressBook(lines, telling(profile, logger));
};

/** Whether something answers at a URL is asked with HEAD and without a credential. */
export const headChecks = (book: AddressBook<string>, sender: HttpApiSender): AddressChecks<string> => {
  const look: Look<string> = async (url, { tls }, timeoutMs) => {
    const request = { method: 'HEAD', url, headers: [], body: null };
    const { status } = await answerOf(sender, request, [], timeoutMs, tls);
    if (AWAY.has(status)) throw refusalOf(status);
  };
  return new AddressChecks(book, look);
};
