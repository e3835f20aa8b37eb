import { type Agent, type IncomingMessage, request } from 'node:http';

/** A request of the bench itself to a proxy. */
export interface Ask {
  readonly url: string;
  readonly agent: Agent;
  readonly body?: Buffer;
}

/** Sends a request and gives the response. Rejects when there is none or its status is not 200. */
export function ask({ url, agent, body }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Length': body.length };
    request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`it answers ${response.statusCode}`));
    })
      .once('error', reject)
      .end(body);
  });
}

/** Reads a response to its end and gives its length in bytes. Rejects when the response breaks off. */
export function countBytes(response: IncomingMessage): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let bytes = 0;
  response
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    })
    .once('end', () => resolve(bytes))
    .once('error', reject);
  return promise;
}
