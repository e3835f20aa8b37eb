import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { slowly } from '../helpers/late.ts';
import { head } from '../helpers/raw.ts';
import { listen } from '../helpers/servers.ts';

// A process of its own for endpoints, most of which answer before they have read the request: in the loop of the proxy they could
// close no connection while the proxy is about to write. Its first message are their URLs, by scheme and name.

const tooLarge = `${head('HTTP/1.1 413 Too Large', 'Content-Length: 4')}nope`;
const inChunks = `${head('HTTP/1.1 413 Too Large', 'Transfer-Encoding: chunked')}4\r\nnope\r\n0\r\n\r\n`;
const unauthorized = `${head('HTTP/1.1 401 Who', 'Content-Length: 4', 'Connection: close')}nope`;
const withoutEnd = `${head('HTTP/1.1 413 Too Large')}half`;

const bare: Readonly<Record<string, (socket: Socket) => void>> = {
  destroys: (socket) => void socket.end(tooLarge, () => socket.destroy()),
  ends: (socket) => void socket.end(tooLarge),
  'destroys after chunks': (socket) => void socket.end(inChunks, () => socket.destroy()),
  'reads no further': (socket) => void socket.pause().write(unauthorized),
  'breaks off': (socket) => void socket.end(withoutEnd, () => socket.destroy()),
};

const nodes: Readonly<Record<string, RequestListener>> = {
  closes: (_, res) => void res.writeHead(413, { Connection: 'close' }).end('nope'),
  'takes all': async (req, res) => {
    let bytes = 0;
    for await (const chunk of slowly(req, 10)) bytes += chunk.length;
    res.end(String(bytes));
  },
  keeps: (_, res) => void res.writeHead(401).end('nope'),
};

const certificate = await createCertificate();
const urls: Record<string, string> = {};
const add = async (name: string, server: net.Server, secureServer: net.Server): Promise<void> => {
  urls[`http ${name}`] = (await listen(server)).url;
  urls[`https ${name}`] = (await listen(secureServer)).url.replace('http', 'https');
};
for (const [name, answer] of Object.entries(bare)) {
  const onConnection = (socket: Socket): void => void socket.on('error', () => {}).once('data', () => answer(socket));
  await add(name, net.createServer(onConnection), tls.createServer(certificate, onConnection));
}
for (const [name, listener] of Object.entries(nodes)) {
  await add(name, http.createServer(listener), https.createServer(certificate, listener));
}
process.send?.(urls);
process.on('disconnect', () => process.exit());
