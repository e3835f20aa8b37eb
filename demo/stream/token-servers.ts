import { createServer, type Server, type ServerResponse } from 'node:http';
import { startEvents, streamTokens, tokensOf } from '../token-stream.ts';

/** The pace of a good stream. */
export interface TokenPace {
  /** The time from its head to its first token, in ms. */
  readonly firstAfterMs: number;
  /** The time between two tokens, in ms. */
  readonly everyMs: number;
  /** @default a sentence */
  readonly tokens?: readonly string[];
}

const sentence = 'A head is not an answer: the first one that sends a token is the one that the client hears.';

/** How each stream of tokens goes on after its head, which always comes at once. */
const endings = {
  silent: (res: ServerResponse) => startEvents(res),
  error: (res: ServerResponse) => {
    startEvents(res);
    res.end('event: error\ndata: {"type":"overloaded_error","message":"Overloaded"}\n\n');
  },
  slow: (res: ServerResponse, pace: TokenPace) => streamTokens(res, { tokens: tokensOf(sentence), ...pace }),
};

/** What becomes of a stream of tokens: nothing comes after its head, an error comes first, or all is good but slow. */
export type TokenManner = keyof typeof endings;

/** All manners, the good one last. */
export const tokenManners = Object.keys(endings) as readonly TokenManner[];

/** Makes a server, not yet listening, that answers every request with a stream of tokens as events. */
export function createTokenServer(manner: TokenManner, pace: TokenPace): Server {
  return createServer((req, res) => {
    req.resume();
    endings[manner](res, pace);
  });
}
