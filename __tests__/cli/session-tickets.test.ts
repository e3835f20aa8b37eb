import { once } from 'node:events';
import { createCertificate } from '../../shared/certificate.ts';
import { Resources } from '../helpers/proxy.ts';
import { start } from './command.ts';
import { write } from './files.ts';
import { certificateFiles, connectSecurely, portOf } from './secured.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const flags = ['-e', 'http://a.example'];

/** Connects anew with the ticket of a connection. @returns how many of so many connections resumed its session. */
async function resumedOf(count: number, port: number, ca: string, session: Buffer): Promise<number> {
  let resumed = 0;
  for (let i = 0; i < count; i++) {
    const socket = await connectSecurely(resources, port, { ca, session });
    if (socket.isSessionReused()) resumed++;
    socket.destroy();
  }
  return resumed;
}

/** The ticket of a new connection. */
async function ticketOf(port: number, ca: string): Promise<Buffer> {
  const socket = await connectSecurely(resources, port, { ca });
  const [session] = await once(socket, 'session');
  socket.destroy();
  return session;
}

describe('a TLS session', () => {
  test('resumes at any worker, and at one that has taken the place of another', async () => {
    const { ca, flags: certificate } = await certificateFiles(resources);
    const command = start(...flags, ...certificate, '-workers', '3');
    const port = await portOf(command);
    const session = await ticketOf(port, ca);
    expect(await resumedOf(20, port, ca, session)).toBe(20);
    process.kill(command.workers.get(1) ?? 0, 'SIGKILL');
    await command.line(/worker 4 is ready/);
    expect(await resumedOf(20, port, ca, session)).toBe(20);
  });

  test.each([
    ['that changes nothing', false],
    ['that brings a new certificate', true],
  ])('resumes after a SIGHUP %s', async (_, isRenewed) => {
    const { ca, files, flags: certificate } = await certificateFiles(resources);
    const command = start(...flags, ...certificate);
    const port = await portOf(command);
    const session = await ticketOf(port, ca);
    if (isRenewed) {
      const renewed = await createCertificate();
      write(files.cert, renewed.cert);
      write(files.key, renewed.key);
    }
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    expect(await resumedOf(3, port, ca, session)).toBe(3);
  });
});
