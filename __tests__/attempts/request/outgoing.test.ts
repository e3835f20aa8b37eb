import { headersFor, outgoingRequest } from '../../../src/attempts/request/outgoing.ts';
import { parseAddress } from '../../../src/endpoints/place/address.ts';
import { valuesOf } from '../../../src/http/headers.ts';
import { type ClientRequest, clientRequest } from '../../http/client-request.ts';

const outgoing = (request: ClientRequest, content?: Buffer, trustForwarded = false) => {
  const req = clientRequest(request);
  const settings = { via: 'me', trustForwarded, preserveHost: false };
  const body = { content, state: 'untouched' } as const;
  return outgoingRequest(req, settings, { url: req.url ?? '/', body, isUpgrade: false, xRequestId: undefined });
};

describe('outgoingRequest', () => {
  test('keeps method, target and body', () => {
    const body = Buffer.from('body');
    expect(outgoing({ method: 'POST', url: '//a/../b?c' }, body)).toMatchObject({
      method: 'POST',
      url: '//a/../b?c',
      body,
    });
  });

  test('keeps the headers that belong to the whole path, in case, order and number', () => {
    const headers = ['Accept', 'a', 'X-One', '1', 'accept', 'b', 'Cookie', 'c=1', 'Cookie', 'd=2'];
    expect(outgoing({ headers }).headers.slice(0, headers.length)).toEqual(headers);
  });

  test('adds nothing but X-Forwarded-* and Via', () => {
    const { headers } = outgoing({ headers: ['Host', 'h'], remoteAddress: '10.0.0.1' });
    expect(headers.filter((_, index) => index % 2 === 0)).toEqual([
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-Port',
      'Via',
    ]);
  });

  test.each(['Host', 'Content-Length', 'Transfer-Encoding', 'Expect', 'TE', 'Upgrade', 'Connection', 'Forwarded'])(
    "takes the client's %s off",
    (name) => {
      expect(valuesOf(outgoing({ headers: [name, 'x'] }).headers, name.toLowerCase())).toEqual([]);
    },
  );

  test.each(['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port', 'Via', 'Content-Length'])(
    "sends its own %s even if the client's Connection names it",
    (name) => {
      const { headers } = outgoing(
        { headers: ['Host', 'h', 'Connection', `close, ${name}`], remoteAddress: '10.0.0.1' },
        Buffer.from('x'),
      );
      expect(valuesOf(headers, name.toLowerCase())).toHaveLength(1);
    },
  );

  test.each([
    [undefined, []],
    [Buffer.alloc(0), ['0']],
    [Buffer.from('äöü'), ['6']],
  ])('announces the length of the body', (body, lengths) => {
    expect(valuesOf(outgoing({ headers: ['Content-Length', '99'] }, body).headers, 'content-length')).toEqual(lengths);
  });

  test.each([
    [[], '1.1 me'],
    [['Via', '1.0 fred'], '1.0 fred, 1.1 me'],
    [['Via', '1.0 fred, 1.1 nginx', 'via', '2 cdn'], '1.0 fred, 1.1 nginx, 2 cdn, 1.1 me'],
  ])('appends itself to the Via %j', (headers, via) => {
    expect(valuesOf(outgoing({ headers }).headers, 'via')).toEqual([via]);
  });

  test('says in Via with which version the request came in', () => {
    expect(valuesOf(outgoing({ httpVersion: '2.0' }).headers, 'via')).toEqual(['2.0 me']);
  });

  test('believes what was forwarded only where that is trusted', () => {
    const request = { headers: ['X-Forwarded-For', '1.1.1.1'], remoteAddress: '10.0.0.1' };
    const addresses = [true, false].map((trust) => outgoing(request, undefined, trust).headers);
    expect(addresses.map((headers) => valuesOf(headers, 'x-forwarded-for'))).toEqual([
      ['1.1.1.1, 10.0.0.1'],
      ['10.0.0.1'],
    ]);
  });
});

describe('headersFor', () => {
  const common = Object.freeze(['Accept', 'a', 'authorization', 'Bearer client', 'accept', 'b']);
  const headersAt = (url: string, headers: string[] = []) =>
    headersFor(parseAddress({ url: new URL(url), headers }), { ...outgoing({}), headers: common });

  test("puts the endpoint's Host in front", () => {
    expect(headersAt('http://one.example:8080')).toEqual(['Host', 'one.example:8080', ...common]);
  });

  test("replaces the client's Authorization by that of the endpoint", () => {
    expect(headersAt('http://user:pass@one.example')).toEqual([
      ...['Host', 'one.example', 'Authorization', `Basic ${btoa('user:pass')}`],
      ...['Accept', 'a', 'accept', 'b'],
    ]);
  });

  test("replaces all of the client's headers of a configured name", () => {
    expect(headersAt('http://one.example', ['ACCEPT', 'x', 'ACCEPT', 'y'])).toEqual([
      ...['Host', 'one.example', 'ACCEPT', 'x', 'ACCEPT', 'y'],
      ...['authorization', 'Bearer client'],
    ]);
  });

  test('lets configured headers overrule Host and credentials', () => {
    const configured = ['host', 'other.example', 'authorization', 'Bearer own'];
    expect(headersAt('http://user:pass@one.example', configured)).toEqual([
      ...configured,
      'Accept',
      'a',
      'accept',
      'b',
    ]);
  });
});
