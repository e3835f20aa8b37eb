import type { IncomingMessage } from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import express from 'express';
import { jsonOf } from './json-errors.ts';

/** Codes of errors that are the client's own: every endpoint would give the same. */
const ofClients: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]);

interface Result {
  readonly data?: unknown;
  readonly errors?: ReadonlyArray<{ readonly extensions?: { readonly code?: unknown } }>;
}

/** Whether each result has data, be it with errors in parts of it, or errors of the client's own. */
function isAnswer(json: unknown): boolean {
  return ([json].flat() as Array<Result | null | undefined>).every((result) => {
    const { data, errors = [] } = result ?? {};
    return (data ?? undefined) !== undefined || errors.every(({ extensions }) => ofClients.has(extensions?.code));
  });
}

/** Whether a request only reads. What is not to be seen, as of a query that is kept by its hash, may be a write. */
function isQuery({ method, body }: IncomingMessage & { readonly body?: unknown }): boolean {
  if (method === 'GET') return true;
  const operations = [body].flat() as Array<{ readonly query?: unknown } | null | undefined>;
  return operations.every((one) => typeof one?.query === 'string' && !/\b(mutation|subscription)\b/.test(one.query));
}

/** A gateway to several instances of one GraphQL API: queries race, and everything else goes to one of them. */
export function createGraphqlGateway(endpoints = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({
    endpoints,
    strategy: (req) => (isQuery(req) ? 'race' : 'single'),
    isUsable: (response) => jsonOf(response).then(isAnswer, () => false),
  });
  const app = express();
  // The bytes are kept for the endpoints: written anew, numbers beyond 2^53 would be other numbers.
  const verify = (req: IncomingMessage, _: unknown, rawBody: Buffer) => void Object.assign(req, { rawBody });
  return app.use('/graphql', express.json({ limit: '1mb', verify })).use(proxy);
}

if (process.argv[1] === import.meta.filename) createGraphqlGateway().listen(8080);
