import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBalancingProxy } from '../../../src/index.ts';
import type { EndpointUrls } from '../parts/listen-both-ways.ts';
import { bodyOf, forms } from './forms.ts';
import { type ReceivedAnswer, receive } from './receive.ts';
import type { Setup, WholeRow } from './rows.ts';

/** What came of the requests of one cell; the numbers of requests by outcome. */
export type Tally = Readonly<Record<ReceivedAnswer, number>>;

/** The endpoints of all cells, and their certificate. */
export interface BrokenEndpoints {
  readonly urls: EndpointUrls;
  readonly cert: string;
}

/** Sends the requests of one cell. */
export async function measureCell(row: WholeRow, setup: Setup, endpoints: BrokenEndpoints): Promise<Tally> {
  const { url, close } = await startSetup(row, setup, endpoints);
  const agent = new Agent({ keepAlive: true });
  const tally = { whole: 0, broken: 0, refused: 0, wrong: 0 };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < row.requests; number = next++) {
      const path = `/${row.form}/${number}/${encodeURIComponent(setup.name)}/${row.resume}`;
      tally[await receive(url + path, agent, bodyOf(forms[row.form], number))]++;
    }
  };
  await Promise.all(Array.from({ length: row.parallel }, work));
  agent.destroy();
  await close();
  return tally;
}

async function startSetup(row: WholeRow, { optionsFor, isSecure }: Setup, { urls, cert }: BrokenEndpoints) {
  const options = optionsFor(row);
  if (options === undefined) return { url: urls.http[0] ?? '', close: async () => {} };
  const proxy = createBalancingProxy({
    ...options,
    endpoints: isSecure ? urls.https : urls.http,
    tls: { ca: cert },
  });
  const server: Server = createServer(proxy).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await proxy.close();
    },
  };
}
