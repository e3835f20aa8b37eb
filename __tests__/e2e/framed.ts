import type http from 'node:http';
import { runInThisContext } from 'node:vm';
import { type BalancingProxy, type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import type { Frame, Middleware } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

export const resources = leakCheckedResources();

/** Jest gives tests a copy of `process`, which no warning reaches. */
const realProcess = runInThisContext('process') as NodeJS.Process;
export const warnings: string[] = [];
realProcess.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));

export const proxyTo = (endpoints: readonly string[], options: Partial<BalancingProxyOptions> = {}): BalancingProxy =>
  resources.use(createBalancingProxy({ endpoints, ...options }));

/** Serves one proxy in a frame, mounted at `/`. */
export async function serveIn(frame: Frame, proxy: Middleware, onError?: Parameters<Frame['start']>[0]['onError']) {
  return resources.use(await frame.start({ mounts: { '/': proxy }, onError }));
}

/** An endpoint that answers with what it was asked, in JSON. */
export const telling: http.RequestListener = async (req, res) => {
  const { method, url, headers, rawHeaders } = req;
  const { text } = await readAll(req);
  answering(200, JSON.stringify({ method, url, headers, rawHeaders, text }))(req, res);
};
