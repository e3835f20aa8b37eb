import { nginxConfigOf } from '../../bench/endpoints/nginx-config.ts';

const settings = {
  folder: '/folder',
  publicFolder: '/folder/public',
  certFile: '/folder/cert.pem',
  keyFile: '/folder/key.pem',
  ports: [1001, 1002],
  tlsPorts: [1003],
  statusPort: 1004,
};

describe('nginxConfigOf', () => {
  test('listens on every port of this machine alone', () => {
    const config = nginxConfigOf({ ...settings, version: '1.22.1' });
    const listened = [...config.matchAll(/listen (\S+?)[; ]/g)].map(([, address]) => address);
    expect(listened).toEqual(['127.0.0.1:1001', '127.0.0.1:1002', '127.0.0.1:1003', '127.0.0.1:1004']);
  });

  test.each([
    { version: '1.22.1', hasDirective: false },
    { version: '1.25.0', hasDirective: false },
    { version: '1.25.1', hasDirective: true },
    { version: '1.29.3', hasDirective: true },
    { version: '2.0.0', hasDirective: true },
  ])('switches HTTP/2 on as nginx $version has it', ({ version, hasDirective }) => {
    const config = nginxConfigOf({ ...settings, version });
    expect(config.includes('http2 on;')).toBe(hasDirective);
    expect(config.includes('listen 127.0.0.1:1003 ssl http2;')).toBe(!hasDirective);
  });
});
