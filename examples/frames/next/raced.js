import { createBalancingProxy } from 'balancing-reverse-proxy';

/** The proxy of the route and of the server. `ENDPOINTS` are separated by commas. Next has a meaning of its own for a file `proxy`. */
export const raced = createBalancingProxy({
  endpoints: (process.env.ENDPOINTS ?? 'https://one.example,https://two.example').split(','),
});
