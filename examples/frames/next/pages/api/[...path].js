import { raced } from '../../raced.js';

/** The body is left for the proxy to read, and Next is told that the response comes from elsewhere and may be large. */
export const config = { api: { bodyParser: false, externalResolver: true, responseLimit: false } };

/**
 * A route of Next, with all under `/api` raced over the endpoints. Next would answer errors with 500; without a third argument the proxy
 * answers them itself, with their status.
 * @param {import('next').NextApiRequest} req
 * @param {import('next').NextApiResponse} res
 */
export default function handler(req, res) {
  req.url = req.url?.slice('/api'.length) ?? '/';
  return new Promise((resolve) => {
    res.once('close', resolve);
    raced(req, res);
  });
}
