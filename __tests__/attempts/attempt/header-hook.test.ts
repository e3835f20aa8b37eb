import { applyHeaderHook, type HeaderHook } from '../../../src/attempts/attempt/header-hook.ts';
import { isForwardedTrusted, type TrustForwarded } from '../../../src/http/forwarded.ts';
import { rewrittenUrl } from '../../../src/http/target.ts';
import { messageOf } from '../../../src/support/message-of.ts';
import { callHook, callSyncHook } from '../../../src/support/user-function.ts';
import { clientRequest } from '../../http/client-request.ts';

const oops = new Error('oops');
const throwing = (): never => {
  throw oops;
};
const errorOf = (message: string, details: { readonly cause?: unknown } = {}) =>
  expect.objectContaining({ code: 'ERR_BRP_HOOK', status: 500, message: `option \`hook\` ${message}`, ...details });

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (thrown) {
    return thrown;
  }
}

describe('callHook', () => {
  test('gives what the function gives', () => {
    expect(callHook('hook', () => 7)).toBe(7);
  });

  test('gives what the promise of the function gives', async () => {
    await expect(callHook('hook', async () => 7)).resolves.toBe(7);
  });

  test('names the option in what the function throws', () => {
    expect(() => callHook('hook', throwing)).toThrow(errorOf('threw: oops', { cause: oops }));
  });

  test.each<[string, unknown, string]>([
    ['a string', 'oops', 'oops'],
    ['a value that is no error', { headers: { authorization: 'secret' } }, 'a value of type Object'],
    ['a text that is no JSON', thrownBy(() => JSON.parse('<html>secret</html>')), 'the text is not valid JSON'],
    ['a short text that is no JSON', thrownBy(() => JSON.parse('secret')), 'the text is not valid JSON'],
    ['JSON that ends too soon', thrownBy(() => JSON.parse('{"secret"')), 'JSON'],
  ])('says why, and shows nothing of a response, when the function throws %s', (_, thrown, why) => {
    const failed = thrownBy(() =>
      callHook('hook', () => {
        throw thrown;
      }),
    );
    expect(failed).toMatchObject({ message: expect.stringContaining(why), cause: thrown });
    expect(messageOf(failed)).not.toContain('secret');
  });

  test('names the option in what the promise of the function rejects with', async () => {
    await expect(callHook('hook', async () => throwing())).rejects.toEqual(errorOf('threw: oops', { cause: oops }));
  });
});

describe('callSyncHook', () => {
  test('gives what the function gives', () => {
    expect(callSyncHook('hook', () => false)).toBe(false);
  });

  test('names the option in what the function throws', () => {
    expect(() => callSyncHook('hook', throwing)).toThrow(errorOf('threw', { cause: oops }));
  });

  test.each([
    ['resolves', async () => true],
    ['rejects', async () => throwing()],
  ])('refuses a promise, also one that %s', (_, hook) => {
    expect(() => callSyncHook('hook', hook)).toThrow(errorOf('returned a promise: expected the value itself'));
  });

  test('is what asks for trust: a promise of false is no trust', () => {
    const trust = (async () => false) as unknown as TrustForwarded;
    expect(() => isForwardedTrusted(clientRequest({}), trust)).toThrow('option `trustForwarded` returned a promise');
  });
});

describe('applyHeaderHook', () => {
  const context = { req: clientRequest({}), endpoint: 'one', attempt: 2, reason: 'hedge' } as const;
  const headers = Object.freeze(['A', '1', 'Set-Cookie', 'b=1', 'set-cookie', 'c=2', 'D', '4']);
  const apply = (hook: HeaderHook) => applyHeaderHook('hook', hook, { ...context, headers, status: 200 });

  test.each<[string, ReturnType<HeaderHook>, readonly string[]]>([
    ['nothing', undefined, headers],
    ['no changes', {}, headers],
    ['a new header', { E: '5' }, [...headers, 'E', '5']],
    ['another value', { a: '2' }, ['Set-Cookie', 'b=1', 'set-cookie', 'c=2', 'D', '4', 'a', '2']],
    ['several values', { 'Set-Cookie': ['x', 'y'] }, ['A', '1', 'D', '4', 'Set-Cookie', 'x', 'Set-Cookie', 'y']],
    ['undefined for a header', { 'SET-COOKIE': undefined }, ['A', '1', 'D', '4']],
    ['a promise', Promise.resolve({ E: '5' }), [...headers, 'E', '5']],
  ])('makes the headers of what the hook returns: %s', async (_, changes, expected) => {
    await expect(apply(() => changes)).resolves.toEqual(expected);
  });

  test('shows the headers as in node:http, and the rest', async () => {
    const seen: unknown[] = [];
    await apply((shown, { endpoint, attempt, reason, status }) => {
      seen.push(shown, endpoint, attempt, reason, status);
      return undefined;
    });
    expect(seen).toEqual([{ a: '1', 'set-cookie': ['b=1', 'c=2'], d: '4' }, 'one', 2, 'hedge', 200]);
  });

  test.each(['Content-Length', 'transfer-encoding', 'CONNECTION', 'Upgrade'])(
    'refuses a change of %s',
    async (name) => {
      await expect(apply(() => ({ [name]: 'x' }))).rejects.toMatchObject({
        code: 'ERR_BRP_HOOK',
        message: `option \`hook\` may not change \`${name}\`, which belongs to the connection`,
      });
    },
  );

  const changeHost = (changes: ReturnType<HeaderHook>, status?: number) => {
    const headers = ['Host', 'one', 'A', '1'];
    return applyHeaderHook('hook', () => changes, { ...context, headers, ...(status !== undefined && { status }) });
  };
  test.each<[string, ReturnType<HeaderHook>]>([
    ['undefined', { host: undefined }],
    ['an empty list', { HOST: [] }],
    ['two', { Host: ['a', 'b'] }],
  ])('leaves a request one Host: %s is refused', async (_, changes) => {
    await expect(changeHost(changes)).rejects.toMatchObject({
      code: 'ERR_BRP_HOOK',
      message: expect.stringContaining('may not take `Host` away'),
    });
  });

  test('may give a request another Host, and take one from a response', async () => {
    await expect(changeHost({ host: 'two' })).resolves.toEqual(['A', '1', 'host', 'two']);
    await expect(changeHost({ Host: undefined }, 200)).resolves.toEqual(['A', '1']);
  });

  test.each<[string, unknown]>([
    ['a string', 'X-Key: 1'],
    ['a list', ['X-Key', '1']],
    ['a Headers object', new Headers({ 'X-Key': '1' })],
    ['a promise of a string', Promise.resolve('X-Key: 1')],
  ])('refuses %s', async (_, changes) => {
    await expect(apply((() => changes) as HeaderHook)).rejects.toMatchObject({
      code: 'ERR_BRP_HOOK',
      message: expect.stringContaining('expected an object of header names and values'),
    });
  });

  test('does not tell what was in a Map, which holds cookies and credentials', async () => {
    const changes = new Map([['Cookie', 'secret']]);
    await expect(apply((() => changes) as unknown as HeaderHook)).rejects.toMatchObject({
      message: 'option `hook` returned a value of type Map: expected an object of header names and values',
    });
  });

  test.each([
    ['throws', throwing],
    ['rejects', async () => throwing()],
  ])(
    'fails when the hook %s, with the reason for an attempt, which clients of a response may not be shown',
    async (_, hook) => {
      const outgoing = applyHeaderHook('hook', hook, { ...context, headers });
      await expect(outgoing).rejects.toEqual(errorOf('threw: oops', { cause: oops }));
      await expect(apply(hook)).rejects.toEqual(errorOf('threw', { cause: oops }));
    },
  );
});

describe('rewrittenUrl', () => {
  test.each([
    ['/a/../b?c', '/a/../b?c'],
    ['http://evil.example/a', '/a'],
    ['*', '*'],
  ])('of %s without pathRewrite is %s', (url, path) => {
    expect(rewrittenUrl(clientRequest({ url }), {})).toBe(path);
  });

  test('is what pathRewrite makes of the path and the request', () => {
    const req = clientRequest({ method: 'PUT', url: 'http://evil.example/a?b' });
    expect(rewrittenUrl(req, { pathRewrite: (path, { method }) => `/v1${path}&${method}` })).toBe('/v1/a?b&PUT');
  });

  test.each<[unknown, string]>([
    ['a', "'a'"],
    ['', "''"],
    ['/a b', "'/a b'"],
    ['/a\r\nX: y', "'/a\\r\\nX: y'"],
    ['/Łódź', "'/Łódź'"],
    [undefined, 'undefined'],
    [7, '7'],
  ])('is an error when pathRewrite returns no path: %j', (returned, shown) => {
    expect(() => rewrittenUrl(clientRequest({}), { pathRewrite: () => returned as string })).toThrow(
      expect.objectContaining({
        code: 'ERR_BRP_HOOK',
        message: 'option `pathRewrite` returned something else than a path that starts with / and has no spaces',
        cause: new TypeError(`returned ${shown}`),
      }),
    );
  });
});
