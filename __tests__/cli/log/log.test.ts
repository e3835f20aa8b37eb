import { createLog, jsonFormat, type TextLayout, textFormat } from '../../../src/cli/log/log.ts';

const layout: TextLayout = {
  'log-prefix': 'proxy',
  'log-date': true,
  'log-time': true,
  'log-msec': false,
  'log-utc': true,
};
const entry = {
  time: new Date('2023-11-20T12:03:53.123Z'),
  level: 'info',
  message: 'hello',
  fields: { n: 1 },
} as const;

describe('textFormat', () => {
  test.each<[string, Partial<TextLayout>]>([
    ['proxy 2023/11/20 12:03:53 hello', {}],
    ['proxy 2023/11/20 12:03:53.123 hello', { 'log-msec': true }],
    ['proxy 12:03:53.123 hello', { 'log-date': false, 'log-time': false, 'log-msec': true }],
    ['proxy 2023/11/20 hello', { 'log-time': false }],
    ['proxy hello', { 'log-date': false, 'log-time': false }],
    ['2023/11/20 12:03:53 hello', { 'log-prefix': '' }],
  ])('writes %s', (line, changes) => {
    expect(textFormat({ ...layout, ...changes })(entry)).toBe(line);
  });

  test('keeps an entry on its line and away from the cursor', () => {
    const message = 'a\nb\r\u001b[2J\u009b\u2028c';
    expect(textFormat({ ...layout, 'log-date': false, 'log-time': false })({ ...entry, message })).toBe(
      'proxy a\\u000ab\\u000d\\u001b[2J\\u009b\\u2028c',
    );
  });
});

describe('jsonFormat', () => {
  test('writes time, level, message and fields', () => {
    expect(JSON.parse(jsonFormat('proxy')(entry))).toEqual({
      time: '2023-11-20T12:03:53.123Z',
      level: 'info',
      prefix: 'proxy',
      message: 'hello',
      n: 1,
    });
  });

  test('escapes what JSON allows but terminals obey, and loses nothing', () => {
    const message = 'a\n\u009b\u2028';
    const line = jsonFormat('')({ ...entry, message });
    expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
    expect(JSON.parse(line).message).toBe(message);
  });
});

describe('createLog', () => {
  test('ends each line', () => {
    const written: string[] = [];
    createLog(
      ({ level, message }) => `${level} ${message}`,
      (text) => void written.push(text),
      'debug',
    )('warn', 'careful');
    expect(written).toEqual(['warn careful\n']);
  });

  test.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at %s writes %j', (least, levels) => {
    const written: string[] = [];
    const log = createLog(
      ({ level }) => level,
      (text) => void written.push(text.trim()),
      least,
    );
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, 'hello');
    expect(written).toEqual(levels);
  });
});
