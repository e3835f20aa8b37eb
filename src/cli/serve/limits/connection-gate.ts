import type { Server, Socket } from 'node:net';
import { turnAway } from './turn-away.ts';

/** Who may connect, and what becomes of the others. */
interface GateSettings {
  /** Most connections of clients at a time; 0 is no limit. */
  readonly max: number;
  /** Whether there are file descriptors left for another client. */
  readonly hasRoom: () => boolean;
  /** How many clients may be told so at a time, rather than just closed; 0 for TLS, in which nothing can be said before a handshake. */
  readonly told: number;
  /** Is told of each client that is turned away, and why. */
  readonly onRefused: (why: 'too-many' | 'no-room') => void;
}

/** Turns clients away before anything is made for their connections but the connections themselves. */
export class ConnectionGate {
  readonly #settings: GateSettings;
  #open = 0;

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  /** Puts the gate in front of all who listen for connections of the server so far. */
  guard(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const why = this.#refusalOf();
      if (why) this.#refuse(socket, why);
      else {
        this.#count(socket);
        for (const listener of listeners) listener.call(server, socket);
      }
    });
  }

  #refusalOf(): 'too-many' | 'no-room' | undefined {
    const { max, hasRoom } = this.#settings;
    if (max > 0 && this.#open >= max) return 'too-many';
    return hasRoom() ? undefined : 'no-room';
  }

  #count(socket: Socket): void {
    this.#open++;
    socket.once('close', () => this.#open--);
  }

  #refuse(socket: Socket, why: 'too-many' | 'no-room'): void {
    this.#settings.onRefused(why);
    turnAway(socket, this.#settings.told);
  }
}
