import path from 'node:path';
import { pageTexts } from './page-texts.ts';

/** A file of the page, ready to be sent. */
export interface PageFile {
  /** The `Content-Type`. */
  readonly type: string;
  /** The whole file. */
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads all files of the page. @returns each file by the path of its request. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const files = Object.entries(pageTexts()).flatMap(([name, text]): Array<[string, PageFile]> => {
    const type = types[path.extname(name)];
    return type ? [[name === 'index.html' ? '/' : `/${name}`, { type, content: Buffer.from(text) }]] : [];
  });
  return new Map(files);
}
