import type { ServerResponse } from 'node:http';
import { breakOff, middleOf } from './break-off.ts';

/** The tokens of a stream and its pace. */
export interface TokenStream {
  readonly tokens: readonly string[];
  /** The time from the head to the first token, in ms. */
  readonly firstAfterMs: number;
  /** The time between two tokens, in ms. */
  readonly everyMs: number;
  /**
   * The share of the tokens after which the stream breaks off, 0 to 1.
   * @default none: it ends with the event `[DONE]`
   */
  readonly breaksAfter?: number | undefined;
  /** @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request with a stream of events, one for each token. */
export function streamTokens(res: ServerResponse, stream: TokenStream): void {
  const { tokens, firstAfterMs, everyMs, breaksAfter } = stream;
  const lastCount = breaksAfter === undefined ? tokens.length : middleOf(tokens.length, breaksAfter);
  let count = 0;
  startEvents(res, stream.headers);
  const sendNext = (): void => {
    const event = `data: ${JSON.stringify({ token: tokens[count++] })}\n\n`;
    if (count < lastCount) {
      res.write(event);
      timer = setTimeout(sendNext, everyMs);
    } else if (breaksAfter === undefined) {
      res.end(`${event}data: [DONE]\n\n`);
    } else {
      breakOff(res, event);
    }
  };
  let timer = setTimeout(sendNext, firstAfterMs);
  res.once('close', () => clearTimeout(timer));
}

/** Sends the head of a stream of events. */
export function startEvents(res: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', ...headers });
  res.flushHeaders();
}

/** The tokens of a text: its words, each with the space behind it. */
export function tokensOf(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [];
}
