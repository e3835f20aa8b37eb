import { pickUrls } from '../../bench/endpoints/endpoints.ts';
import { chooseWorks, works } from '../../bench/peers/works/works.ts';

describe('chooseWorks', () => {
  test('chooses all by default', () => {
    expect(chooseWorks({ only: '', rows: [] })).toEqual(works);
  });

  test('chooses works and rows by parts of their names', () => {
    const chosen = chooseWorks({ only: 'race of 4', rows: ['HTTP/2', 'hand-written'] });
    expect(chosen.map(({ name, rows }) => [name, rows])).toEqual([
      ['race of 4', ['hand-written got fan-out', 'hand-written undici fan-out']],
      ['race of 4 over TLS', ['ours (got), HTTP/2', 'ours (undici), HTTP/2']],
    ]);
  });

  test('lists what there is when nothing is left', () => {
    expect(() => chooseWorks({ only: '', rows: ['nginx'] })).toThrow(
      /there are\n {2}1 endpoint: bare node:http pipe, /,
    );
  });
});

describe('pickUrls', () => {
  test('gives another endpoint each time a kind comes again', () => {
    const urls = { fast: ['http://fast1', 'http://fast2'], slow: ['http://slow1'] };
    const endpoints = { urls, acceptedConnections: async () => 0 };
    expect(pickUrls(endpoints, ['fast', 'slow', 'fast'])).toEqual(['http://fast1', 'http://slow1', 'http://fast2']);
  });
});
