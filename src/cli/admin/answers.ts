import { type ServerResponse, STATUS_CODES } from 'node:http';

/** Answers with a line of text. */
export function answerLine(res: ServerResponse, status: number, line = `${status} ${STATUS_CODES[status]}`): void {
  answerText(res, { status, type: 'text/plain; charset=utf-8', text: `${line}\n` });
}

/** Answers with JSON, laid out for people who read it from curl. */
export function answerJson(res: ServerResponse, status: number, value: object): void {
  answerText(res, { status, type: 'application/json', text: `${JSON.stringify(value, undefined, 2)}\n` });
}

interface TextAnswer {
  readonly status: number;
  /** The Content-Type. */
  readonly type: string;
  readonly text: string;
}

/** Answers with a text of this moment, which no browser takes for a page. Node leaves the body out of a response to HEAD by itself. */
export function answerText(res: ServerResponse, { status, type, text }: TextAnswer): void {
  res.statusCode = status;
  res.setHeader('Content-Type', type);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end(text);
}
