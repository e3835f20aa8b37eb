import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';

/** An endpoint on 127.0.0.1 that is too busy to take connections until it is told to go on; then it answers `ok`. */
export interface BusyServer {
  /** The port of 127.0.0.1. */
  readonly port: number;
  /** Takes connections from now on; waiting ones get through when TCP tries again, after about a second. */
  goOn(): void;
  /** Ends the endpoint. */
  close(): Promise<void>;
}

/** The server sleeps in a thread of its own, with a queue of one for connections. */
const source = `
const http = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const server = http.createServer((req, res) => res.end('ok'));
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(workerData, 0, 0));
});
`;

/** Starts a busy server. Only on Linux do connections wait that have no room in the queue. */
export async function startBusy(): Promise<BusyServer> {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(source, { eval: true, workerData: bell });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers: net.Socket[] = [];
  for (let i = 0; i < 2; i++) {
    const filler = net.connect(port, '127.0.0.1').on('error', () => {});
    fillers.push(filler);
    await once(filler, 'connect');
  }
  const goOn = () => {
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  };
  return {
    port,
    goOn,
    close: async () => {
      goOn();
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
