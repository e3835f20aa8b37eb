import http from 'node:http';
import net from 'node:net';
import { listen, type TestServer } from './servers.ts';

/** A forward proxy with what it was asked for. */
export interface ForwardProxy extends TestServer {
  readonly asked: string[];
}

/** Starts a forward proxy that opens tunnels (CONNECT) to 127.0.0.1, whatever the name. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const asked: string[] = [];
  const server = http.createServer().on('connect', (req, socket) => {
    asked.push(`CONNECT ${req.url}`);
    const tunnel = net.connect(Number(req.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('error', () => tunnel.destroy()).on('close', () => tunnel.destroy());
  });
  const started = await listen(server);
  return Object.defineProperties({ asked }, Object.getOwnPropertyDescriptors(started)) as ForwardProxy;
}
