import { BalancingProxyError } from '../../../src/index.ts';
import { explain } from '../../../src/transports/message/explain.ts';

const coded = (code: unknown) => Object.assign(new Error('it broke'), { code });
const open = { name: 'one', isConnected: true, isReused: false };

describe('the explanation of an error', () => {
  test.each([
    ['before the connection was there', coded('ECONNREFUSED'), { ...open, isConnected: false }, 'ERR_BRP_CONNECT'],
    ['on a new connection', coded('ECONNRESET'), open, 'ERR_BRP_CONNECTION_LOST'],
    ['on a kept-alive connection', coded('ECONNRESET'), { ...open, isReused: true }, 'ERR_BRP_STALE_CONNECTION'],
    ['of the parser', coded('HPE_INVALID_CONSTANT'), { ...open, isReused: true }, 'ERR_BRP_BAD_RESPONSE'],
    [
      'of node:http about a target',
      coded('ERR_UNESCAPED_CHARACTERS'),
      { ...open, isConnected: false },
      'ERR_BRP_UNSENDABLE',
    ],
    ['of node:http2 about a header', coded('ERR_HTTP2_INVALID_HEADER_VALUE'), open, 'ERR_BRP_UNSENDABLE'],
    ['for want of file descriptors', coded('EMFILE'), { ...open, isConnected: false }, 'ERR_BRP_NO_SOCKET'],
    ['for want of ports', coded('EADDRNOTAVAIL'), { ...open, isConnected: false }, 'ERR_BRP_NO_SOCKET'],
    [
      'for want of ports, as other systems say it',
      Object.assign(coded('EAGAIN'), { port: 80 }),
      { ...open, isConnected: false },
      'ERR_BRP_NO_SOCKET',
    ],
    ['of a full Unix socket', coded('EAGAIN'), { ...open, isConnected: false }, 'ERR_BRP_CONNECT'],
    ['without a code', new Error('it broke'), open, 'ERR_BRP_CONNECTION_LOST'],
    ['with a number as its code', new DOMException('gone', 'AbortError'), open, 'ERR_BRP_CONNECTION_LOST'],
    ['that wraps another', new Error('outer', { cause: coded('HPE_X') }), open, 'ERR_BRP_BAD_RESPONSE'],
  ])('(one %s) says what it means', (_, error, state, code) => {
    expect(explain(error, state)).toMatchObject({ code, message: expect.stringContaining('one') });
  });

  test('is the error itself when it is one of ours', () => {
    const own = new BalancingProxyError('ERR_BRP_CONNECT_TIMEOUT', 'late');
    expect(explain(new Error('outer', { cause: own }), open)).toBe(own);
  });
});
