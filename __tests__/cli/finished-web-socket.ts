import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Command } from './command.ts';

/** Connects by a WebSocket, stops the command, and expects that it waits for the WebSocket, which still carries messages. */
export async function expectFinishedWebSocket(command: Command, url: string): Promise<void> {
  const webSocket = new WebSocket(url);
  await once(webSocket, 'open');
  command.signal('SIGTERM');
  await command.line(/stopping/);
  webSocket.send('still here');
  expect(String((await once(webSocket, 'message'))[0])).toBe('still here');
  webSocket.close();
  expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
}
