import { Agent } from 'undici';
import { checkUndici } from '../../../src/transports/undici/usable-undici.ts';

describe('checkUndici()', () => {
  test('takes undici', () => {
    expect(() => checkUndici(Agent)).not.toThrow();
  });

  test("refuses what Bun has in undici's place, and names the transport that works there", () => {
    class AgentOfBun {}
    expect(() => checkUndici(AgentOfBun)).toThrow(
      expect.objectContaining({ code: 'ERR_BRP_PEER', message: expect.stringMatching(/Bun.*gotTransport\(\)/) }),
    );
  });
});
