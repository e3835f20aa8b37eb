import express from 'express';
import { forwardedHeaders, isForwardedTrusted } from '../../src/http/forwarded.ts';
import { firstValueOf } from '../../src/http/headers.ts';
import { receivedHeaders } from '../../src/http/received-headers.ts';
import { type ClientRequest, clientRequest } from './client-request.ts';

const spoofed = [
  ['X-Forwarded-For', '6.6.6.6'],
  ['X-Forwarded-Host', 'spoofed.example'],
  ['X-Forwarded-Proto', 'spoofed'],
  ['X-Forwarded-Port', '666'],
  ['Forwarded', 'for=6.6.6.6'],
].flat();

const headersOf = (request: ClientRequest, isTrusted: boolean) => {
  const req = clientRequest(request);
  const received = receivedHeaders(req);
  const host = firstValueOf(received.list, 'host') ?? firstValueOf(received.list, ':authority');
  const list = forwardedHeaders(req, { received, host, isTrusted });
  return Object.fromEntries(list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : [])));
};

describe('forwardedHeaders of a client that is not trusted', () => {
  test('say what this hop knows', () => {
    expect(headersOf({ remoteAddress: '10.0.0.1', headers: ['Host', 'api.example:8080'] }, false)).toEqual({
      'X-Forwarded-For': '10.0.0.1',
      'X-Forwarded-Host': 'api.example:8080',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '8080',
    });
  });

  test('replace all that it claims', () => {
    const headers = ['Host', 'api.example', ...spoofed];
    expect(headersOf({ remoteAddress: '10.0.0.1', headers }, false)).toEqual({
      'X-Forwarded-For': '10.0.0.1',
      'X-Forwarded-Host': 'api.example',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '80',
    });
  });

  test.each<[string, boolean, string, string]>([
    ['api.example', false, 'http', '80'],
    ['api.example', true, 'https', '443'],
    ['api.example:8443', true, 'https', '8443'],
    ['[::1]', false, 'http', '80'],
    ['[::1]:8080', false, 'http', '8080'],
  ])('give protocol and port of Host %s with encryption %s', (host, isEncrypted, proto, port) => {
    expect(headersOf({ headers: ['Host', host], isEncrypted }, false)).toMatchObject({
      'X-Forwarded-Proto': proto,
      'X-Forwarded-Port': port,
    });
  });

  test('take the host of an HTTP/2 request from :authority', () => {
    const headers = [':method', 'GET', ':authority', 'api.example:8443'];
    expect(headersOf({ headers, httpVersion: '2.0', isEncrypted: true }, false)).toMatchObject({
      'X-Forwarded-Host': 'api.example:8443',
      'X-Forwarded-Port': '8443',
    });
  });

  test('give an IPv6 address without brackets', () => {
    expect(headersOf({ remoteAddress: '2001:db8::1' }, false)).toMatchObject({ 'X-Forwarded-For': '2001:db8::1' });
  });

  test('are left out where nothing is known', () => {
    expect(headersOf({}, false)).toEqual({ 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '80' });
  });
});

describe('forwardedHeaders of a trusted client', () => {
  test('append its address and keep the rest of what it says', () => {
    const headers = ['Host', 'inner.example', ...spoofed];
    expect(headersOf({ remoteAddress: '10.0.0.1', headers }, true)).toEqual({
      'X-Forwarded-For': '6.6.6.6, 10.0.0.1',
      'X-Forwarded-Host': 'spoofed.example',
      'X-Forwarded-Proto': 'spoofed',
      'X-Forwarded-Port': '666',
      Forwarded: 'for=6.6.6.6, for=10.0.0.1;host="inner.example";proto=http',
    });
  });

  test('are our own where it says nothing', () => {
    const request = { remoteAddress: '10.0.0.1', headers: ['Host', 'api.example'] };
    expect(headersOf(request, true)).toEqual(headersOf(request, false));
  });

  test('join repeated ones in their order', () => {
    const headers = ['x-forwarded-for', '1.1.1.1, 2.2.2.2', 'X-FORWARDED-FOR', '3.3.3.3'];
    expect(headersOf({ remoteAddress: '10.0.0.1', headers }, true)).toMatchObject({
      'X-Forwarded-For': '1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.1',
    });
  });

  test.each<[string, string, object]>([
    ['X-Forwarded-Proto', 'https, http', { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' }],
    ['X-Forwarded-Proto', 'https,https', { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' }],
    ['X-Forwarded-Proto', 'http , https', { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '80' }],
    ['X-Forwarded-Proto', 'HTTPS', { 'X-Forwarded-Proto': 'HTTPS', 'X-Forwarded-Port': '443' }],
    ['X-Forwarded-Proto', 'wss', { 'X-Forwarded-Proto': 'wss', 'X-Forwarded-Port': '443' }],
    ['X-Forwarded-Proto', 'gopher', { 'X-Forwarded-Proto': 'gopher', 'X-Forwarded-Port': undefined }],
    ['X-Forwarded-Proto', 'a b', { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '80' }],
    ['X-Forwarded-Proto', '', { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '80' }],
    ['X-Forwarded-Proto', ', https', { 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '80' }],
    [
      'X-Forwarded-Host',
      'a.example:81, b.example:82',
      { 'X-Forwarded-Host': 'a.example:81', 'X-Forwarded-Port': '81' },
    ],
    ['X-Forwarded-Host', '', { 'X-Forwarded-Host': 'api.example', 'X-Forwarded-Port': '80' }],
    ['X-Forwarded-Port', '8443, 80', { 'X-Forwarded-Port': '8443' }],
    ['X-Forwarded-Port', 'none', { 'X-Forwarded-Port': '80' }],
  ])('take of %s: %s what the proxy nearest to the client has said', (name, value, expected) => {
    const headers = ['Host', 'api.example', name, value];
    const got = headersOf({ remoteAddress: '10.0.0.1', headers }, true);
    expect({ 'X-Forwarded-Port': undefined, ...got }).toMatchObject(expected);
  });

  test('append nothing when it has no address', () => {
    expect(headersOf({ headers: ['X-Forwarded-For', '1.1.1.1'] }, true)).toMatchObject({
      'X-Forwarded-For': '1.1.1.1',
    });
  });

  test.each<[string, string | undefined, string]>([
    ['an IPv4 address', '10.0.0.1', 'for=10.0.0.1'],
    ['an IPv6 address', '2001:db8::1', 'for="[2001:db8::1]"'],
    ['no address', undefined, 'for=unknown'],
  ])('have a Forwarded element for %s', (_, remoteAddress, element) => {
    const headers = ['Host', 'api.example', 'Forwarded', 'for=1.1.1.1'];
    expect(headersOf({ remoteAddress, headers }, true).Forwarded).toBe(
      `for=1.1.1.1, ${element};host="api.example";proto=http`,
    );
  });

  test('have no way out of the quotes around the host', () => {
    const headers = ['Host', 'a";for=6.6.6.6;x="\\', 'Forwarded', 'for=1.1.1.1'];
    expect(headersOf({ remoteAddress: '10.0.0.1', headers }, true).Forwarded).toBe(
      'for=1.1.1.1, for=10.0.0.1;host="a;for=6.6.6.6;x=";proto=http',
    );
  });
});

describe('isForwardedTrusted', () => {
  const inExpress = (setting: unknown, remoteAddress: string) => {
    const app = express().set('trust proxy', setting);
    return Object.assign(clientRequest({ remoteAddress }), { app });
  };

  test.each<[unknown, string, boolean]>([
    [false, '10.0.0.1', false],
    [true, '10.0.0.1', true],
    [1, '10.0.0.1', true],
    [0, '10.0.0.1', false],
    ['loopback', '127.0.0.1', true],
    ['loopback', '10.0.0.1', false],
    ['10.0.0.0/8', '10.0.0.1', true],
    [(address: string) => address === '10.0.0.1', '10.0.0.1', true],
    [() => false, '10.0.0.1', false],
  ])("asks Express's trust proxy %j about %s", (setting, address, isTrusted) => {
    expect(isForwardedTrusted(inExpress(setting, address), undefined)).toBe(isTrusted);
  });

  test.each([true, false])('lets the option %s overrule Express', (trust) => {
    expect(isForwardedTrusted(inExpress(!trust, '10.0.0.1'), trust)).toBe(trust);
  });

  test('asks a function about the request', () => {
    const req = clientRequest({ remoteAddress: '10.0.0.1' });
    const trust = (given: typeof req) => given === req;
    expect(isForwardedTrusted(req, trust)).toBe(true);
    expect(isForwardedTrusted(clientRequest({}), trust)).toBe(false);
  });

  test.each([
    ['no app', {}],
    ['an app without settings', { app: {} }],
    ['an app that knows no such setting', { app: { get: () => undefined } }],
    ['an app with another idea of it', { app: { get: () => true } }],
  ])('trusts nobody with %s', (_, frame) => {
    expect(isForwardedTrusted(Object.assign(clientRequest({}), frame), undefined)).toBe(false);
  });
});
