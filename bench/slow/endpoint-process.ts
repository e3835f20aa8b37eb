import http from 'node:http';

// The endpoint: a process of its own, on the port that it is told, so that neither proxy waits for the other's clients.

const large = Buffer.alloc(1_048_576, 'x');
const server = http.createServer((req, res) => {
  req.resume();
  res.end(req.url === '/large' ? large : 'hello');
});
// A queue that is full would have connections wait for seconds, whichever proxy they come from.
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4_096 });
