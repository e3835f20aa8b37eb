import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isFromOwnPage } from '../../../src/observers/dashboard/own-page.ts';

const isAccepted = (headers: IncomingHttpHeaders) => isFromOwnPage({ headers } as IncomingMessage);

describe('isFromOwnPage', () => {
  test.each<IncomingHttpHeaders>([
    { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8081', host: 'localhost:8081' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://ops.example', host: 'ops.example' },
    // Behind a proxy that sets a Host of its own.
    { 'sec-fetch-site': 'same-origin', origin: 'https://ops.example', host: '10.0.0.1:3000' },
    { origin: 'http://10.0.0.1:8081', host: '10.0.0.1:8081' },
    { origin: 'http://10.0.0.1', host: '10.0.0.1:80' },
    { origin: 'http://[::1]:8081', host: '[::1]:8081' },
    { origin: 'http://app.localhost:8081', host: 'APP.localhost:8081' },
    { origin: 'https://ops.example', ':authority': 'ops.example' },
  ])('accepts %j', (headers) => {
    expect(isAccepted(headers)).toBe(true);
  });

  test.each<[string, IncomingHttpHeaders]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example', host: 'ops.example' }],
    ['another host of ours', { 'sec-fetch-site': 'same-site', origin: 'https://blog.example', host: 'ops.example' }],
    ['a link that was typed', { 'sec-fetch-site': 'none', host: 'ops.example' }],
    ['another site, in a browser that only tells the origin', { origin: 'http://evil.example', host: '10.0.0.1' }],
    ['another port', { origin: 'http://localhost:1', host: 'localhost:2' }],
    ['another scheme of the same port', { origin: 'https://10.0.0.1', host: '10.0.0.1:80' }],
    ['a frame without an origin', { origin: 'null', host: 'localhost' }],
    ['who does not tell', { host: 'localhost' }],
    [
      'a page that lets its own name lead here (DNS rebinding)',
      { 'sec-fetch-site': 'same-origin', origin: 'http://evil.example:8081', host: 'evil.example:8081' },
    ],
    ['the same, in an older browser', { origin: 'http://evil.example', host: 'evil.example' }],
    [
      'a name that only looks like an address',
      { origin: 'http://127.0.0.1.evil.example', host: '127.0.0.1.evil.example' },
    ],
    ['a name that only looks local', { origin: 'http://localhost.evil.example', host: 'localhost.evil.example' }],
  ])('refuses %s', (_, headers) => {
    expect(isAccepted(headers)).toBe(false);
  });
});
