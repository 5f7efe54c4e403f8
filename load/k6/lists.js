// k6 run -e TOKEN=… load/k6/lists.js: tools/list over /rpc.
import { check } from 'k6';
import http from 'k6/http';
import { headers, url } from './options.js';

export { options } from './options.js';

const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

export default () => {
  const response = http.post(`${url}/rpc`, body, { headers });
  check(response, { 'a list': (answer) => answer.status === 200 && Array.isArray(answer.json('result.tools')) });
};
