import { startHttp } from '../helpers/servers.ts';
import { faultyEndpoint } from './faults.ts';

// A process of its own for the endpoints: node:http accepts one connection for each turn of its event loop, and a loop
// that the proxy and its clients share with them is too slow for all the connections that a race opens. Its argument is
// their number, its first message are their URLs, and it answers when no connection to any of them is open.

const endpoints = await Promise.all(
  Array.from({ length: Number(process.argv[2]) }, (_, index) => startHttp(faultyEndpoint(index))),
);
process.send?.(endpoints.map(({ url }) => url));
process.on('message', async () => {
  await Promise.all(endpoints.map((endpoint) => endpoint.idle()));
  process.send?.('idle');
});
process.on('disconnect', () => process.exit());
