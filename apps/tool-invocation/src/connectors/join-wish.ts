import { CONNECTOR_NAMES_MAX, CONNECTOR_NAME_RULE, isConnectorName } from '#libs/connector';
import { type GatewayError, fail } from '#libs/errors';

/** What a connector wants to be here. */
export interface JoinWish {
  /** Of the upstreams that it serves. */
  readonly names: readonly string[];
  readonly zone: string | null;
  /** Names its process, whatever number of connections it makes. */
  readonly place: string;
}

const PATH = '/connectors/join';
const ZONE = /^[\w.-]{1,64}$/;
const PLACE = /^[\w-]{1,64}$/;

/** Of `/connectors/join?name=…&zone=…&place=…`. `null`: the URL is another; a failure (`http.invalid`): it is not right. */
export const joinWishOf = (url: string): JoinWish | GatewayError | null => {
  const [path = '', search = ''] = url.split('?', 2);
  if (path !== PATH) return null;
  const query = new URLSearchParams(search);
  const names = [...new Set(query.getAll('name'))];
  if (names.length === 0 || names.length > CONNECTOR_NAMES_MAX)
    return invalid(`name must stand once for each upstream, ${CONNECTOR_NAMES_MAX} at most`);
  if (!names.every(isConnectorName)) return invalid(`a name must be ${CONNECTOR_NAME_RULE}`);
  const zone = query.get('zone');
  if (zone !== null && !ZONE.test(zone)) return invalid('zone must be up to 64 letters, digits, ".", "_" and "-"');
  const place = query.get('place');
  if (place === null || !PLACE.test(place)) return invalid('place must be an id of the process');
  return { names, zone, place };
};

const invalid = (message: string): GatewayError => fail('http.invalid', { message });
