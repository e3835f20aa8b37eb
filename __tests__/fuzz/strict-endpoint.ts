import { startTcp, type TestServer } from '../helpers/servers.ts';

/** A request as the strictest reading of RFC 9112 has it; every character is one byte. */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values by turns, as they came. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** An endpoint that answers every request with `ok` and forgives nothing. */
export interface StrictEndpoint extends TestServer {
  /** The whole requests that came. */
  readonly requests: StrictRequest[];
  /** What was wrong with the bytes that were no requests. */
  readonly faults: string[];
}

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export async function startStrict(): Promise<StrictEndpoint> {
  const requests: StrictRequest[] = [];
  const faults: string[] = [];
  const server = await startTcp((socket) => {
    let bytes = '';
    socket.on('data', (chunk) => {
      bytes += chunk.toString('latin1');
      try {
        for (let next = takeRequest(bytes); next; next = takeRequest(bytes)) {
          bytes = next.rest;
          requests.push(next.request);
          socket.write(next.request.method === 'HEAD' ? answer.slice(0, -2) : answer);
        }
      } catch (fault) {
        faults.push(String(fault));
        socket.destroy();
      }
    });
  });
  return Object.defineProperties({ requests, faults }, Object.getOwnPropertyDescriptors(server)) as StrictEndpoint;
}

interface Taken {
  readonly request: StrictRequest;
  readonly rest: string;
}

/** The request at the start of these bytes, or undefined while it is not whole. */
function takeRequest(bytes: string): Taken | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [requestLine = '', ...lines] = bytes.slice(0, headEnd).split('\r\n');
  const [, method = '', target = ''] = match(requestLine, /^([A-Z-]+) ([\x21-\xff]+) HTTP\/1\.1$/);
  const headers = lines.flatMap((line) =>
    match(line, /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t\x20-\x7e\x80-\xff]*)$/).slice(1),
  );
  const body = takeBody(headers, bytes.slice(headEnd + 4));
  return body && { request: { method, target, headers, body: body.content }, rest: body.rest };
}

function takeBody(headers: readonly string[], bytes: string): { content: string; rest: string } | undefined {
  const [length, coding, ...more] = ['content-length', 'transfer-encoding'].flatMap((name) => {
    const values = headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
    return values.length > 1 ? ['twice', ...values] : [values[0]];
  });
  if (more.length > 0 || (length !== undefined && coding !== undefined)) throw new Error(`framed twice: ${headers}`);
  if (coding !== undefined) return takeChunks(bytes, match(coding, /^chunked$/)[0] ?? '');
  const end = Number(match(length ?? '0', /^\d+$/)[0]);
  return bytes.length < end ? undefined : { content: bytes.slice(0, end), rest: bytes.slice(end) };
}

function takeChunks(bytes: string, coding: string): { content: string; rest: string } | undefined {
  const lineEnd = bytes.indexOf('\r\n');
  if (lineEnd === -1) return undefined;
  const size = Number.parseInt(match(bytes.slice(0, lineEnd), /^[0-9a-fA-F]+$/)[0] ?? '', 16);
  const chunkEnd = lineEnd + 2 + size;
  if (bytes.length < chunkEnd + 2) return undefined;
  match(bytes.slice(chunkEnd, chunkEnd + 2), /^\r\n$/);
  const rest = bytes.slice(chunkEnd + 2);
  if (size === 0) return { content: '', rest };
  const more = takeChunks(rest, coding);
  return more && { content: bytes.slice(lineEnd + 2, chunkEnd) + more.content, rest: more.rest };
}

function match(text: string, rule: RegExp): RegExpExecArray {
  const found = rule.exec(text);
  if (!found) throw new Error(`${JSON.stringify(text)} does not match ${rule}`);
  return found;
}
