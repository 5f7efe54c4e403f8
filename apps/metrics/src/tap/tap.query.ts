import { PickType } from '@nestjs/swagger';
import { CallFilterQuery } from '../call-log/calls.query.js';
import { Switch, Text } from '../rest/query.decorators.js';

/** `GET /tap?name=*_search&outcome=refused,error` */
export class TapQuery extends PickType(CallFilterQuery, [
  'user',
  'token',
  'server',
  'upstream',
  'method',
  'outcome',
  'code',
  'client',
  'address',
  'minMs',
] as const) {
  @Text('The name of the tool or prompt, or the URI of the resource; `*` stands for any text.')
  name?: string;

  @Switch(
    'Say also, as `state`, when what `GET /gateways`, `GET /tools`, `GET /servers` and `GET /changes` show may be other than before.',
  )
  state = false;

  @Switch('Leave out who called, by which token, and from where.')
  redact = false;
}
